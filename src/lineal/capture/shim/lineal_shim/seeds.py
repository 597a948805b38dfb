"""Record the random seeds that the program sets, and the states that generators start in."""

from __future__ import annotations

import sys

from .guarding import also, first
from .writing import emit

try:
    # hashlib loads OpenSSL, which the program may not need.
    from _sha2 import sha256 as _sha256  # type: ignore[import-not-found]
except ImportError:
    try:
        from _sha256 import sha256 as _sha256  # type: ignore[import-not-found]  # Python 3.11
    except ImportError:
        from hashlib import sha256 as _sha256

TYPE_CHECKING = False  # spares the import of typing; checkers take the name as true
if TYPE_CHECKING:
    from typing import Any


def watch_random(random: Any) -> None:
    """Record ``random.seed``, and the state that the generator starts in."""
    _note_state("random", random.getstate())
    also(random, "seed", lambda _result, arguments, named: note_seed("random", first(arguments, named, "a")))


def watch_numpy(numpy_random: Any) -> None:
    """Record ``numpy.random.seed``, the state it starts in, and generators that the program itself makes."""
    state = numpy_random.get_state(legacy=True)
    _note_state("numpy", (state[0], state[1].tolist(), *state[2:]))
    also(numpy_random, "seed", lambda _result, arguments, named: note_seed("numpy", first(arguments, named, "seed")))

    def note_generator(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        if _is_own_call():  # libraries make many
            seed = first(arguments, named, "seed")
            seed = getattr(seed, "seed_seq", seed)  # a bit generator
            note_seed("numpy.default_rng", getattr(seed, "entropy", seed))

    also(numpy_random, "default_rng", note_generator)


def watch_torch(torch: Any) -> None:
    """Record ``torch.manual_seed`` and its like for GPUs, and the seed that PyTorch starts with."""
    emit("state", what="torch", value=str(torch.initial_seed()))
    _watch(torch, "manual_seed", "torch", "seed")
    for name in ("manual_seed", "manual_seed_all"):
        # Seeding PyTorch seeds its GPUs too; that says nothing new.
        _watch(torch.cuda, name, "torch.cuda", "seed", is_own=True)


def watch_tensorflow(tensorflow: Any) -> None:
    """Record ``tensorflow.random.set_seed``."""
    _watch(tensorflow.random, "set_seed", "tensorflow", "seed")


def watch_keras(rng_utils: Any) -> None:
    """Record ``keras.utils.set_random_seed``."""
    _watch(rng_utils, "set_random_seed", "keras", "seed")


def watch_jax(jax_random: Any) -> None:
    """Record the keys that the program itself makes of seeds."""
    for name in ("PRNGKey", "key"):
        _watch(jax_random, name, "jax", "seed", is_own=True)


def watch_lightning(seed_module: Any) -> None:
    """Record ``seed_everything``: its result is the seed, also where it took one from a variable."""
    also(seed_module, "seed_everything", lambda result, _arguments, _named: note_seed("lightning", result))


def watch_transformers(trainer_utils: Any) -> None:
    """Record ``transformers.set_seed``."""
    _watch(trainer_utils, "set_seed", "transformers", "seed")


def _watch(owner: Any, function: str, what: str, parameter: str, *, is_own: bool = False) -> None:
    """Record the seed that ``function`` of ``owner`` is given, if ``is_own`` only where the program itself calls it."""

    def note(_result: object, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        if not is_own or _is_own_call():
            note_seed(what, first(arguments, named, parameter))

    also(owner, function, note)


def _is_own_call() -> bool:
    # frames: this function, the note, quietly, recorded, the caller
    return "site-packages" not in sys._getframe(4).f_code.co_filename  # noqa: SLF001 the one way to know the caller


def _note_state(what: str, state: object) -> None:
    """Record in which state a generator is, by the digest of what it says of it."""
    emit("state", what=what, value="sha256:" + _sha256(repr(state).encode()).hexdigest())


def note_seed(what: str, value: object) -> None:
    """Record that ``what`` was seeded with ``value``, when that is a whole number."""
    if hasattr(value, "__index__") and not isinstance(value, bool):
        emit("seed", what=what, value=value.__index__())
