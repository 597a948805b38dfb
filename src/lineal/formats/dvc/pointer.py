"""``.dvc`` files: what stands in Git in the place of data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
import yaml

from lineal.formats.dvc import yaml12
from lineal.formats.dvc.digests import DIRECTORY, Algorithm, is_md5
from lineal.objects.errors import Invalid
from lineal.objects.prepared import prepared

T = TypeVar("T")

Count = Annotated[int, msgspec.Meta(ge=0)]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One file of a directory that a cloud keeps by version: DVC lists these in the pointer itself."""

    relpath: str
    md5: str = ""
    size_bytes: Count | None = msgspec.field(default=None, name="size")
    is_executable: bool = msgspec.field(default=False, name="isexec")
    cloud: dict[str, Any] = {}


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """A file or directory that DVC keeps. ``path`` is relative to the pointer, or to its ``wdir``.

    ``hash`` is empty in what DVC 2 wrote. ``files`` stands in place of ``md5`` where a cloud keeps the versions.
    """

    path: str
    md5: str = ""
    size_bytes: Count | None = msgspec.field(default=None, name="size")
    file_count: Count | None = msgspec.field(default=None, name="nfiles")
    is_executable: bool = msgspec.field(default=False, name="isexec")
    hash: str = ""
    is_cached: bool = msgspec.field(default=True, name="cache")
    remote: str = ""
    cloud: dict[str, Any] = {}
    files: tuple[Member, ...] | None = None

    @property
    def algorithm(self) -> Algorithm:
        """What its digest is."""
        return "md5" if self.hash else "md5-dos2unix"

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return self.files is not None or self.md5.endswith(DIRECTORY)

    @property
    def clouds(self) -> tuple[str, ...]:
        """The remotes that are said to have versions of it, by their names."""
        clouds = (self.cloud, *(each.cloud for each in self.files or ()))
        return tuple(dict.fromkeys(name for each in clouds for name in each))


class Pointer(msgspec.Struct, frozen=True, kw_only=True):
    """A ``.dvc`` file. ``deps`` stand where data was imported from somewhere."""

    outs: tuple[Out, ...] = ()
    deps: tuple[dict[str, Any], ...] = ()
    wdir: str = "."
    frozen: bool = False
    desc: str = ""


def parse(data: bytes, what: str) -> Pointer:
    """Return what a ``.dvc`` file says.

    Args:
        data: its bytes.
        what: its name, for the message of an error.

    Raises:
        Invalid: it is no pointer of DVC.
    """
    value = yaml12.load(data, what)
    if not isinstance(value, dict) or not isinstance(value.get("outs"), list):
        raise Invalid(f"{what} is no pointer of DVC: it has no list of outs", hint="dvc add makes one")
    said = {**value, "outs": tuple(out_of(each, what) for each in value["outs"])}
    said = {name: each for name, each in said.items() if each is not None}
    return _converted(said, Pointer, what)


def out_of(value: Any, what: str) -> Out:
    """Return the out, or the dependency of a lock, that a dictionary of YAML describes. Raises Invalid."""
    if not isinstance(value, dict):
        raise Invalid(f"{what} is not understood: {value!r} is no entry of DVC", hint="take the file from Git again")
    members = value.get("files")
    said = {**value, "md5": _md5(value.get("md5"), what)}
    if isinstance(members, list):
        said["files"] = [
            {**each, "md5": _md5(each.get("md5"), what)} if isinstance(each, dict) else each for each in members
        ]
    return _converted({name: each for name, each in said.items() if each is not None}, Out, what)


def _md5(value: Any, what: str) -> str:
    """Return an MD5 as text: other programs leave out the quotes around one that is all digits."""
    text = str(value if value is not None else "").lower()
    if isinstance(value, int):
        text = text.zfill(32)
    if text and not is_md5(text):
        raise Invalid(f"{what} names {value!r}, which is no MD5", hint="take the file from Git again")
    return text


def _converted(value: Any, kind: type[T], what: str) -> T:
    try:
        return msgspec.convert(value, prepared(kind))
    except msgspec.ValidationError as error:
        raise Invalid(f"{what} is not understood: {error}", hint="take the file from Git again") from None


def write(out: Out) -> bytes:
    """Return a new pointer to ``out``: byte for byte what ``dvc add`` writes."""
    return yaml12.dump({"outs": [_described(out)]})


def _described(out: Out) -> dict[str, Any]:
    """Return what a pointer says of ``out``, keys in DVC's order."""
    facts = {} if out.files is not None else {"md5": out.md5, **_facts(out.size_bytes, out.file_count)}
    said = {**facts, **_executable(out.is_executable), **_given(cloud=out.cloud)}
    said |= {**_given(hash=out.hash), "path": out.path, **_given(remote=out.remote)}
    if not out.is_cached:
        said["cache"] = False
    if out.files is not None:
        said["files"] = [_member(each) for each in out.files]
    return said


def _facts(size_bytes: int | None, file_count: int | None) -> dict[str, Any]:
    return {name: each for name, each in (("size", size_bytes), ("nfiles", file_count)) if each is not None}


def _executable(is_executable: bool) -> dict[str, Any]:
    return {"isexec": True} if is_executable else {}


def _given(**values: Any) -> dict[str, Any]:
    return {name: each for name, each in values.items() if each}


def _member(member: Member) -> dict[str, Any]:
    return {
        "relpath": member.relpath,
        **_given(md5=member.md5),
        **_facts(member.size_bytes, None),
        **_executable(member.is_executable),
        **_given(cloud=member.cloud),
    }


_OURS = ("md5", "size", "nfiles", "isexec", "hash")
"""What is known of new content. What DVC learned from a cloud about the old content goes."""

_OF_THE_CLOUD = ("cloud", "etag", "version_id", "checksum")


def rewrite(data: bytes, out: Out, what: str) -> bytes:
    """Return the pointer ``data`` with other content for the out of the same path; all else stays as it is.

    Where only values change, comments and spaces stay too. Members that are as before keep what the cloud said of them.

    Raises:
        Invalid: it is no pointer, or holds no such out.
    """
    pointer = parse(data, what)
    place = next((index for index, each in enumerate(pointer.outs) if each.path == out.path), None)
    if place is None:
        raise Invalid(f"{what} says nothing of {out.path}", hint="dvc add makes a pointer for it")
    value = yaml12.load(data, what)
    before = value["outs"][place]
    if pointer.outs[place].files is not None:
        out = _merged(out, pointer.outs[place])
    after = _renewed(before, _described(out))
    if before == after:
        return data
    changed = {name: after[name] for name in after if after[name] != before.get(name)}
    if list(before) == list(after) and set(changed) <= set(_OURS):
        return _replaced(data, place, changed)
    value["outs"][place] = after
    return yaml12.dump(value)


def _merged(out: Out, before: Out) -> Out:
    """Return ``out`` with the cloud's words about each member that is as it was."""
    known = {each.relpath: each for each in before.files or ()}
    members = [
        msgspec.structs.replace(each, cloud=old.cloud)
        if (old := known.get(each.relpath)) and old.md5 == each.md5
        else each
        for each in out.files or ()
    ]
    return msgspec.structs.replace(out, files=tuple(members))


def _renewed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return a dictionary with its values renewed in their places, new keys last, and what is no longer true gone."""
    gone: Iterable[str] = (*_OURS, "files", *(_OF_THE_CLOUD if before.get("md5") != after.get("md5") else ()))
    kept = {name: after.get(name, each) for name, each in before.items() if name in after or name not in gone}
    return {**kept, **{name: each for name, each in after.items() if name not in kept}}


def _replaced(data: bytes, place: int, values: Mapping[str, Any]) -> bytes:
    """Return the text of a pointer with other words for some keys of an out, and everything around them as it is."""
    text = data.decode()
    top: Any = yaml.compose(text, Loader=yaml12.LOADER)
    outs = next(node for key, node in top.value if key.value == "outs")
    pieces, after = [], 0
    for key, node in outs.value[place].value:
        if key.value in values:
            pieces += [text[after : node.start_mark.index], _scalar(values[key.value])]
            after = node.end_mark.index
    return "".join([*pieces, text[after:]]).encode()


def _scalar(value: Any) -> str:
    return yaml12.dump([value]).decode().removeprefix("- ").rstrip("\n")
