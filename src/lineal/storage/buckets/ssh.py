"""A directory of another machine as a bucket, over SFTP. Needs the extra ``ssh`` (asyncssh)."""

from __future__ import annotations

import asyncio
import stat
import threading
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from lineal.objects.digest import Digest
from lineal.objects.errors import Denied, Invalid, LinealError, NotFound, Unavailable
from lineal.storage.blobs.reading import guarded
from lineal.storage.buckets import files
from lineal.storage.buckets.bucket import Held, Progress
from lineal.storage.buckets.failures import missing
from lineal.storage.buckets.keys import check_key, is_key, is_unfinished, unfinished

T = TypeVar("T")

_CONNECT_S = 10
_KEEP_ALIVE_S = 15


class SshBucket:
    """A directory on a machine that lets us in. It must be there, as that of ``DirectoryBucket``.

    What ``~/.ssh/config`` says of the machine holds, and its key must be known, as for ``ssh``.

    Args:
        host: the machine.
        directory: the directory; absolute.
        user: as whom; empty for what ``~/.ssh/config`` says.
        port: where it listens; 0 for the usual one.
        options: ``identity`` and ``known_hosts``, paths of files.
    """

    def __init__(
        self, host: str, directory: str, *, user: str = "", port: int = 0, options: Mapping[str, str] | None = None
    ) -> None:
        self._directory = directory.rstrip("/") or "/"
        self.url = f"ssh://{user}{'@' * bool(user)}{host}{f':{port}' * bool(port)}{self._directory}"
        said = options or {}
        known = {
            "username": user,
            "port": port,
            "client_keys": said.get("identity"),
            "known_hosts": said.get("known_hosts"),
        }
        self._how = {"host": host, **{name: value for name, value in known.items() if value}}
        self._sftp: Any = None

    def put(self, key: str, data: bytes) -> Held:
        """Store ``data`` under ``key``."""

        async def write(sftp: Any, temporary: str) -> None:
            async with sftp.open(temporary, "wb") as file:
                await file.write(bytes(data))

        return self._do(self._put(key, write))

    def put_file(self, key: str, path: Path, *, progress: Progress | None = None) -> Held:
        """Store the content of a file, many blocks at once. Raises NotFound."""

        async def write(sftp: Any, temporary: str) -> None:
            await sftp.put(str(path), temporary, progress_handler=_telling(progress))

        with files.source(path):
            return self._do(self._put(key, write))

    def get(self, key: str, *, start: int = 0, size: int | None = None) -> bytes:
        """Return the bytes from ``start`` on, ``size`` at most. Raises NotFound."""

        async def read() -> bytes:
            sftp = await self._connected()
            left = max(0, (await self._find(sftp, key)).size_bytes - start)
            async with sftp.open(self._path(key), "rb") as file:
                return bytes(await file.read(left if size is None else min(size, left), start))

        return self._do(read(), key)

    def fetch(
        self,
        key: str,
        path: Path,
        *,
        version: str = "",
        hashed: bool = False,
        spare: Path | None = None,
        progress: Progress | None = None,
    ) -> Digest | None:
        """Write the bytes to a file, many blocks at once; all or nothing. Raises NotFound."""

        async def read(temporary: Path) -> None:
            sftp = await self._connected()
            await self._find(sftp, key)
            await sftp.get(self._path(key), str(temporary), progress_handler=_telling(progress))

        temporary = files.beside(path)
        with guarded(path), files.whole_file(path, temporary):
            self._do(read(temporary), key)
        return None

    def head(self, key: str) -> Held | None:
        """Return what is known of ``key``, or None."""

        async def find() -> Held:
            return await self._find(await self._connected(), key)

        check_key(key)
        try:
            return self._do(find(), key)
        except NotFound:
            return None

    def list(self, prefix: str = "") -> Iterator[Held]:
        """Yield everything whose key begins with ``prefix``, in the order of the keys."""
        return self._walk("", prefix)

    def delete(self, keys: Iterable[str]) -> None:
        """Forget what is under ``keys``."""
        self._remove([self._path(key) for key in keys])

    def leftovers(self, *, before: int) -> Iterator[tuple[str, int]]:
        """Yield the files that a crash left half written before a time, in milliseconds since 1970, and their sizes."""
        folders = [""]
        while folders:
            inside = folders.pop()
            for name, found in self._names(inside).items():
                if name.endswith("/"):
                    folders += [inside + name] * is_key(name[:-1])
                elif is_unfinished(name) and _is_file(found) and (found.mtime or 0) * 1000 < before:
                    yield f"{self._directory}/{inside}{name}", found.size or 0

    def let_go(self, leftovers: Iterable[str]) -> None:
        """Remove files that a crash left half written."""
        self._remove(leftovers)

    def _remove(self, paths: Iterable[str]) -> None:
        async def remove() -> None:
            import asyncssh  # noqa: PLC0415 - of an extra

            sftp = await self._connected()
            for path in paths:
                with suppress(asyncssh.SFTPNoSuchFile):
                    found = await sftp.lstat(path)
                    if not stat.S_ISDIR(found.permissions or 0):
                        await sftp.remove(path)

        self._do(remove())

    async def _put(self, key: str, write: Any) -> Held:
        import asyncssh  # noqa: PLC0415 - of an extra

        path, sftp = self._path(key), await self._connected()
        folder = path.rpartition("/")[0]
        temporary = f"{folder}/{unfinished()}"
        try:
            await self._check(sftp)
            await sftp.makedirs(folder, exist_ok=True)
            await write(sftp, temporary)
            async with sftp.open(temporary, "rb") as file:
                with suppress(asyncssh.SFTPOpUnsupported):
                    await file.fsync()
            await sftp.posix_rename(temporary, path)
        except BaseException:
            with suppress(asyncssh.Error, OSError):
                await sftp.remove(temporary)
            raise
        return await self._find(sftp, key)

    async def _check(self, sftp: Any) -> None:
        if not await sftp.isdir(self._directory):
            raise self._no_directory()

    async def _find(self, sftp: Any, key: str) -> Held:
        found = await sftp.lstat(self._path(key))
        if not _is_file(found):
            raise missing(self.url, key)
        return _held(key, found)

    def _walk(self, inside: str, prefix: str) -> Iterator[Held]:
        for name, found in sorted(self._names(inside).items()):
            key = inside + name
            if name.endswith("/") and is_key(key[:-1]):
                if key.startswith(prefix) or prefix.startswith(key):
                    yield from self._walk(key, prefix)
            elif is_key(key) and key.startswith(prefix) and _is_file(found):
                yield _held(key, found)

    def _names(self, inside: str) -> dict[str, Any]:
        """Return what is in a folder: a folder's place among the keys is that of its name with a slash."""

        async def scan() -> list[Any]:
            sftp = await self._connected()
            return [each async for each in sftp.scandir(f"{self._directory}/{inside}")]

        return {
            each.filename + "/" * stat.S_ISDIR(each.attrs.permissions or 0): each.attrs for each in self._do(scan())
        }

    def _path(self, key: str) -> str:
        return f"{self._directory}/{check_key(key)}"

    async def _connected(self) -> Any:
        import asyncssh  # noqa: PLC0415 - of an extra

        async with self._one_at_a_time:
            if self._sftp is None:
                connection = await asyncssh.connect(
                    **self._how, connect_timeout=_CONNECT_S, keepalive_interval=_KEEP_ALIVE_S
                )
                self._sftp = await connection.start_sftp_client()
            return self._sftp

    @cached_property
    def _one_at_a_time(self) -> asyncio.Lock:
        return asyncio.Lock()

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        threading.Thread(target=loop.run_forever, name="lineal-ssh", daemon=True).start()
        return loop

    def _do(self, work: Coroutine[Any, Any, T], key: str = "") -> T:
        """Carry out work on the loop that all threads share, and turn what it raises into our errors."""
        import asyncssh  # noqa: PLC0415 - of an extra

        try:
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()
        except LinealError:
            raise
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory):
            raise (missing(self.url, key) if key else self._no_directory()) from None
        except asyncssh.HostKeyNotVerifiable:
            raise Denied(f"{self.url} is not known", hint="ssh to it once, and look at its key") from None
        except (asyncssh.PermissionDenied, asyncssh.SFTPPermissionDenied) as error:
            raise Denied(f"{self.url} does not let us: {error.reason}", hint="see that ssh lets you in there") from None
        except asyncssh.SFTPFailure as error:
            raise Unavailable(f"{self.url} cannot: {error.reason}", hint="check the disk there") from None
        except (asyncssh.Error, OSError) as error:
            self._sftp = None
            raise Unavailable(
                f"{self.url} cannot be reached: {error}", hint="check the network, and try again"
            ) from None

    def _no_directory(self) -> NotFound:
        return NotFound(f"there is no directory {self.url}", hint="make it there, or mount its disk")


def open_ssh(host: str, directory: str, *, user: str, port: int, options: Mapping[str, str]) -> SshBucket:
    """Return a bucket on another machine. Raises Invalid where asyncssh is not installed."""
    try:
        import asyncssh  # noqa: F401, PLC0415 - of an extra
    except ImportError:
        raise Invalid("ssh:// needs asyncssh", hint="pip install 'lineal[ssh]'") from None
    return SshBucket(host, directory, user=user, port=port, options=options)


def _telling(progress: Progress | None) -> Any:
    """Return what asyncssh tells of all bytes so far, made of what is told of each more."""
    if progress is None:
        return None
    told = 0

    def tell(_from: bytes, _to: bytes, done: int, _of: int) -> None:
        nonlocal told
        more, told = done - told, done
        if more:
            progress(more)

    return tell


def _is_file(found: Any) -> bool:
    return stat.S_ISREG(found.permissions or 0)


def _held(key: str, found: Any) -> Held:
    modified_at = int((found.mtime or 0) * 1000)
    return Held(key, found.size or 0, modified_at, etag=f"{found.mtime or 0:x}-{found.size or 0:x}")
