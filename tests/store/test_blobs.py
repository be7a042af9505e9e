import hashlib
import threading
from pathlib import Path

import pytest

from benchbook.errors import NotFound, StoreError
from benchbook.store.blobs import Blobs

BODY = b"name: first\n\0\xff"
NAME = hashlib.sha256(BODY).hexdigest()


def test_a_body_is_kept_under_the_hash_of_its_content(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs")
    assert not blobs.exists(NAME)
    assert blobs.put(BODY) == NAME
    assert blobs.exists(NAME)
    assert blobs.get(NAME) == BODY
    assert (tmp_path / "blobs" / NAME[:2] / NAME[2:]).read_bytes() == BODY


def test_the_same_body_is_kept_once(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    blobs.put(BODY)
    before = (tmp_path / NAME[:2] / NAME[2:]).stat()
    blobs.put(BODY)
    after = (tmp_path / NAME[:2] / NAME[2:]).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_damaged_body_is_told_and_can_be_put_anew(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    blobs.put(BODY)
    (tmp_path / NAME[:2] / NAME[2:]).write_bytes(b"something else")
    with pytest.raises(StoreError, match="is damaged"):
        blobs.get(NAME)
    blobs.put(BODY)
    assert blobs.get(NAME) == BODY


def test_a_body_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no body"):
        Blobs(tmp_path).get(NAME)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", NAME[:-1], NAME.upper(), NAME + "\n", "/" * 64])
def test_only_hashes_are_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound, match="no name of a body"):
        Blobs(tmp_path).exists(name)


def test_many_who_put_the_same_leave_one_whole_body_and_nothing_else(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    body = b"x" * 1_000_000
    threads = [threading.Thread(target=blobs.put, args=[body]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [path] = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert blobs.get(hashlib.sha256(body).hexdigest()) == body
    assert path.stat().st_size == len(body)


def test_a_place_that_cannot_be_written_is_told_and_left_clean(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file stands where the folder should be")
    with pytest.raises(StoreError, match=r"cannot be written: .*; see that its folder is writable"):
        Blobs(tmp_path / "blobs").put(BODY)
