"""Files that somebody sends: kept by their content, under names of ours, until they are taken in."""

import gzip
import hashlib
import json
import os
import re
import secrets
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from benchbook.errors import NotFound, SpecError, StoreError
from benchbook.settings import Settings
from benchbook.specs.spec import json_of

MOST = 100 << 20
"""Bytes of a file."""
MOST_UNPACKED = 1 << 30
"""Bytes of what is in a gzipped file."""
_BLOCK = 1 << 20
_KINDS = (".jsonl.gz", ".json.gz", ".jsonl", ".json", ".yaml", ".yml", ".csv")
_ARCHIVES = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "rar",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}


@dataclass(frozen=True)
class Upload:
    """A file that was sent."""

    id: str
    name: str
    """As its sender calls it; no path is made of it."""
    size: int
    sha256: str
    created_at: str


def keep(settings: Settings, name: str, body: BinaryIO, now: datetime) -> Upload:
    """Keep a file. The same content is kept once; SpecError for what is no file of rows, or too large."""
    kind = _kind(name)
    folder = settings.uploads
    unfinished = folder / f".{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        size, sha256 = _written(body, unfinished)
        if kind.endswith(".gz"):
            _check_unpacked(unfinished)
        upload = Upload(f"upload-{sha256[:32]}{kind}", _shown(name), size, sha256, now.isoformat())
        _about(folder, upload.id).write_text(json.dumps(asdict(upload)), encoding="utf-8")
        unfinished.replace(folder / upload.id)
    except OSError as err:
        raise StoreError(f"{folder} cannot be written: {err.strerror or err}; see that the disk has room") from err
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    return upload


def found(settings: Settings, upload_id: str) -> tuple[Upload, Path]:
    """The file of that id, and where it lies."""
    if not re.fullmatch(r"upload-[0-9a-f]{32}(\.[a-z]{2,5}){1,2}", upload_id):
        raise NotFound("this is no id of an upload; POST /api/uploads says it")
    path = settings.uploads / upload_id
    if not path.is_file():
        raise NotFound(f"there is no upload {upload_id}; send the file again")
    return Upload(**json_of(_about(settings.uploads, upload_id).read_bytes())), path


def stem(upload: Upload) -> str | None:
    """The sender's name as one for an experiment, if there is one in it."""
    name = upload.name.removesuffix(".gz").rpartition(".")[0]
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:100] or None


def _kind(name: str) -> str:
    kind = next((kind for kind in _KINDS if name.lower().endswith(kind)), None)
    if kind is None:
        raise SpecError(f"a file here ends in {', '.join(_KINDS)}; unpack archives first", field=["file"])
    return kind


def _written(body: BinaryIO, path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with path.open("xb") as out:
        for block in _blocks(body):
            if size == 0:
                _check_no_archive(block)
            size += len(block)
            if size > MOST:
                raise SpecError(
                    f"the file has more than {MOST >> 20} MiB; send it gzipped, or in parts", field=["file"]
                )
            digest.update(block)
            out.write(block)
        out.flush()
        os.fsync(out.fileno())
    if size == 0:
        raise SpecError("the file is empty", field=["file"])
    return size, digest.hexdigest()


def _blocks(body: BinaryIO) -> Iterator[bytes]:
    while block := body.read(_BLOCK):
        yield block


def _check_no_archive(block: bytes) -> None:
    archive = next((name for magic, name in _ARCHIVES.items() if block.startswith(magic)), None)
    if archive is not None:
        raise SpecError(f"this is an archive ({archive}); unpack it, and send the files in it", field=["file"])


def _check_unpacked(path: Path) -> None:
    """Refuse what would fill memory once it is unpacked, however small it is."""
    total = 0
    try:
        with gzip.open(path) as unpacked:
            while block := unpacked.read(_BLOCK):
                total += len(block)
                if total > MOST_UNPACKED:
                    raise SpecError(f"unpacked, the file has more than {MOST_UNPACKED >> 20} MiB", field=["file"])
    except (OSError, EOFError, zlib.error) as err:
        raise SpecError(f"the file cannot be unpacked: {err}", field=["file"]) from None


def _shown(name: str) -> str:
    """The name without a path, and without what is no letter."""
    return re.sub(r"[^\w .()+@-]", "_", re.split(r"[/\\]", name)[-1])[:200]


def _about(folder: Path, upload_id: str) -> Path:
    return folder / f"{upload_id}.about"
