"""Large bodies, by the SHA-256 of their content."""

import hashlib
import os
import re
import secrets
from pathlib import Path

from benchbook.errors import NotFound, StoreError


class Blobs:
    """A folder of bodies. Each is written whole or not at all, and never changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, body: bytes) -> str:
        """Keep a body; its hash is the name to ask for it by."""
        sha256 = hashlib.sha256(body).hexdigest()
        path = self._path(sha256)
        try:
            # A damaged body of that name is written anew.
            if not path.is_file() or path.read_bytes() != body:
                _write_whole(path, body)
        except OSError as err:
            raise StoreError(
                f"{path} cannot be written: {err.strerror}; see that its folder is writable and the disk has room"
            ) from err
        return sha256

    def get(self, sha256: str) -> bytes:
        """The body, checked against its name."""
        path = self._path(sha256)
        try:
            body = path.read_bytes()
        except FileNotFoundError:
            raise NotFound(f"there is no body {sha256} below {self.folder}") from None
        except OSError as err:
            raise StoreError(f"{path} cannot be read: {err.strerror}") from err
        if hashlib.sha256(body).hexdigest() != sha256:
            raise StoreError(f"{path} is damaged: its content is not what its name says; put back a sound copy")
        return body

    def exists(self, sha256: str) -> bool:
        """Whether there is such a body."""
        return self._path(sha256).is_file()

    def _path(self, sha256: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise NotFound(f"{sha256!r} is no name of a body; they are 64 hexadecimal digits")
        return self.folder / sha256[:2] / sha256[2:]


def _write_whole(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{secrets.token_hex(8)}")
    try:
        with unfinished.open("xb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
