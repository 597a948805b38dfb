"""What an object store says when it cannot, in our words: without what a log must not hold, with the next step."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from lineal.objects.errors import Denied, Invalid, LinealError, NotFound, Unavailable

_LENGTH_MAX = 300

# Compiled when they are needed, and then kept by re: most commands meet no failure.
_QUERY = r"(https?://[^\s?\"']+)\?[^\s\"')]*"
_CODE = r"(?s)<Code>([^<]{1,100})</Code>(?:.*?<Message>([^<]{1,300})</Message>)?"
_STATUS = r"non-2xx status code: (\d{3})"

_NO_BUCKET = ("NoSuchBucket", "ContainerNotFound", "The specified bucket does not exist")
_NO_CREDENTIALS = ("/computeMetadata/", "/latest/api/token", "/latest/meta-data/", "/metadata/identity/")
"""Where a machine in a cloud is asked who it is, when nobody has said so."""

_CLOCK = ("RequestTimeTooSkewed", "RequestExpired", "Request date header too old")
_RIGHTS = ("AccessDenied", "AuthorizationPermissionMismatch")
"""Said to somebody whose keys are right; one who has none is told so by some stores too."""

_FULL = ("QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "507 Insufficient")
_PAST_THE_END = ("Wanted range starting at",)
_DENIED = {"PermissionDeniedError", "UnauthenticatedError"}
_ELSEWHERE = ("incorrectly configured region", "PermanentRedirect", "AuthorizationHeaderMalformed")


class OutOfRange(Exception):
    """The object ends before the range begins: an answer, met in this folder."""


@contextmanager
def told(url: str, key: str, hint: str) -> Iterator[None]:
    """Turn what obstore raises in the block into our errors.

    Args:
        url: the bucket, as people write it.
        key: the object; empty for the bucket itself.
        hint: how to give credentials to this kind of store.
    """
    try:
        yield
    except LinealError:
        raise
    except Exception as error:
        if not isinstance(error, FileNotFoundError) and not type(error).__module__.startswith("obstore"):
            raise
        raise failure(error, url=url, key=key, hint=hint) from None


def failure(error: Exception, *, url: str, key: str, hint: str) -> LinealError | OutOfRange:
    """Return our error for one of obstore's."""
    told = _Told.of(error)
    make = next(make for is_meant, make in _MEANINGS if is_meant(told))
    return make(url, key, short(told.text), hint)


class _Told(NamedTuple):
    """What obstore told: the name of its error, the status of the answer where there was one, and the text."""

    kind: str
    status: str
    text: str

    @classmethod
    def of(cls, error: Exception) -> _Told:
        """Return what an error tells."""
        text = str(error)
        return cls(type(error).__name__, found[1] if (found := re.search(_STATUS, text)) else "", text)

    def holds(self, signs: Iterable[str]) -> bool:
        """Tell whether one of ``signs`` is in the text."""
        return any(each in self.text for each in signs)


_Make = Callable[[str, str, str, str], LinealError | OutOfRange]
"""Makes an error of a bucket's URL, a key, what was said, and how to give credentials."""


def _no_bucket(url: str, _key: str, _said: str, _hint: str) -> LinealError:
    return NotFound(f"there is no bucket {url}", hint="make it with the store's own tools, or check its name")


def _elsewhere(url: str, _key: str, said: str, _hint: str) -> LinealError:
    return Invalid(f"{url} is in another region: {said}", hint="name it: --option region=NAME")


def _clock(url: str, _key: str, said: str, _hint: str) -> LinealError:
    return Denied(f"{url} finds the clock of this machine wrong: {said}", hint="set the clock, then try again")


def _full(url: str, _key: str, said: str, _hint: str) -> LinealError:
    return Unavailable(
        f"{url} takes no more: {said}",
        hint="have its quota raised, or make room: lineal gc --remote NAME tells what nothing needs",
    )


def _not_allowed(url: str, _key: str, said: str, hint: str) -> LinealError:
    either = f", or {hint}" if hint else ""
    return Denied(f"{url} does not let us do that: {said}", hint=f"ask its owner for the right{either}")


def _denied(url: str, _key: str, said: str, hint: str) -> LinealError:
    return Denied(f"{url} does not let us in: {said}", hint=hint)


def _nobody(url: str, _key: str, _said: str, hint: str) -> LinealError:
    return Denied(f"nobody has said who we are to {url}", hint=hint)


def _not_understood(url: str, _key: str, said: str, _hint: str) -> LinealError:
    return Invalid(f"{url} does not understand us: {said}", hint="lineal doctor tells what this store can do")


def _not_able(url: str, _key: str, said: str, _hint: str) -> LinealError:
    return Invalid(f"{url} cannot do that: {said}", hint="lineal doctor tells what this store can do")


def _later(url: str, _key: str, said: str, _hint: str) -> LinealError:
    return Unavailable(
        f"{url} could not answer: {said}", hint="wait a while and try again; what is there already is not sent twice"
    )


def _away(url: str, _key: str, said: str, _hint: str) -> LinealError:
    return Unavailable(f"{url} cannot be reached: {said}", hint="check the address and the network, and try again")


_MEANINGS: tuple[tuple[Callable[[_Told], bool], _Make], ...] = (
    (lambda told: told.holds(_NO_BUCKET), _no_bucket),
    (lambda told: told.holds(_ELSEWHERE), _elsewhere),
    (lambda told: told.kind == "FileNotFoundError" or told.status == "404", lambda url, key, *_: missing(url, key)),
    (lambda told: told.status == "416" or told.holds(_PAST_THE_END), lambda *_: OutOfRange()),
    (lambda told: told.holds(_CLOCK), _clock),
    (lambda told: told.holds(_FULL), _full),
    # Before the next: who asks a machine's own service for credentials, and is refused, has none.
    (lambda told: told.holds(_NO_CREDENTIALS), _nobody),
    (lambda told: told.holds(_RIGHTS), _not_allowed),
    (lambda told: told.kind in _DENIED or told.status in {"401", "403"}, _denied),
    (lambda told: told.status[:1] in {"3", "4"} and told.status not in {"408", "429"}, _not_understood),
    (lambda told: told.status == "501" or told.kind == "NotSupportedError", _not_able),
    (lambda told: told.status in {"429", "500", "503"}, _later),
    (lambda _: True, _away),
)
"""What an error means, and what we say: the first that fits."""


def is_of_bucket(error: Exception) -> bool:
    """Tell whether it is the whole bucket that is not there."""
    return any(sign in str(error) for sign in _NO_BUCKET)


def missing(url: str, key: str) -> NotFound:
    """Return the error for a key that holds nothing."""
    return NotFound(f"{url} does not hold {key}", hint="lineal verify tells what else is missing")


def short(text: str) -> str:
    """Return what obstore said in one line, without queries, which may be signed, and without its debug output."""
    text = text.partition("\n\nDebug source")[0]
    if found := re.search(_CODE, text):
        code, said = found[1], found[2] or ""
        # Azure puts the number and the time of the request on lines of their own.
        said = " ".join(said.partition("\nRequestId:")[0].split())
        return f"{code}: {said}" if said else code
    text = " ".join(re.sub(_QUERY, r"\1", text).split())
    return text if len(text) <= _LENGTH_MAX else text[: _LENGTH_MAX - 1] + "…"
