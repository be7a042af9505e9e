"""Files that are sent here."""

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest

from benchbook.service import uploads
from server.site import Asker, Site

ROWS = b'{"prompt": "1 + 1", "response": "2"}\n'


@pytest.fixture
def editor(served: Site) -> Asker:
    """Somebody who may send files."""
    return served.a("editor")


def test_a_file_is_kept_once_by_its_content(served: Site, editor: Asker) -> None:
    first, second = (editor.send("/api/uploads", name, ROWS).json for name in ("a.jsonl", "b.jsonl"))
    assert first["id"] == second["id"]
    assert (first["size"], first["name"], second["name"]) == (len(ROWS), "a.jsonl", "b.jsonl")
    assert editor.get(f"/api/uploads/{first['id']}").json["sha256"] == first["sha256"]
    assert [path.read_bytes() for path in (served.home / "uploads").glob("upload-*.jsonl")] == [ROWS]


@pytest.mark.parametrize("name", ["../../evil.jsonl", "/etc/evil.jsonl", "..\\..\\evil.jsonl", "a\x01b/evil.jsonl"])
def test_a_name_never_becomes_a_path(served: Site, editor: Asker, name: str) -> None:
    upload = editor.send("/api/uploads", name, ROWS).json
    assert upload["name"] == "evil.jsonl"
    assert {path.parent for path in served.home.parent.rglob("*.jsonl")} == {served.home / "uploads"}


@pytest.mark.parametrize("upload_id", ["..%2f..%2fetc%2fpasswd", "upload-x", f"upload-{'0' * 32}.jsonl", "%2e%2e"])
def test_an_id_never_becomes_a_path(editor: Asker, upload_id: str) -> None:
    assert editor.get(f"/api/uploads/{upload_id}").status == 404


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.json", "[]")
    return out.getvalue()


def test_archives_are_refused_whatever_they_are_called(editor: Asker) -> None:
    for name in ("a.zip", "a.json", "a.jsonl.gz"):
        reply = editor.send("/api/uploads", name, zipped())
        assert (reply.status, reply.json["error"]["field"]) == (400, ["file"])


def test_a_small_file_that_would_fill_memory_is_refused(editor: Asker, served: Site) -> None:
    bomb = gzip.compress(bytes(8 << 20)) * (uploads.MOST_UNPACKED // (8 << 20) + 1)
    assert len(bomb) < 2 << 20
    assert editor.send("/api/uploads", "a.json.gz", bomb).status == 400
    assert list((served.home / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "body"),
    [("a.json", b""), ("a.exe", b"[]"), ("a", b"[]"), ("a.json.gz", b"not gzipped"), ("a.html", b"<b>")],
)
def test_what_is_no_file_of_rows_is_refused(editor: Asker, name: str, body: bytes) -> None:
    assert editor.send("/api/uploads", name, body).status == 400


def test_a_file_of_100_mib_is_the_most(editor: Asker) -> None:
    reply = editor.ask("POST", "/api/uploads", headers={"Content-Length": str(102 << 20), "Content-Type": "text/plain"})
    assert (reply.status, reply.error) == (413, "TooLarge")


def test_a_form_without_a_file_is_refused(editor: Asker) -> None:
    reply = editor.post("/api/uploads", {"file": "a.json"})
    assert (reply.status, reply.error) == (400, "SpecError")
    assert json.loads(reply.body)


def test_the_name_of_an_experiment_is_made_of_the_senders(tmp_path: Path) -> None:
    upload = uploads.Upload("upload-1", "our batch (7).jsonl.gz", 1, "", "")
    assert uploads.stem(upload) == "our-batch-7"
