"""A data set of the Hugging Face hub: fetched once, pinned to its revision, read again without a network."""

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cli.command import Benchbook

pytest.importorskip("huggingface_hub")

REVISION = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "README.md": b"# Sums\n",
    "sums.py": b"raise SystemExit('code of a data set is never run')\n",
    "data/test-00000.jsonl": b'{"question": "1 + 1?", "answer": "2"}\n',
    "data/train-00000.jsonl": b'{"question": "1 + 2?", "answer": "3"}\n',
}


class Hub(BaseHTTPRequestHandler):
    """As much of the hub as fetching a data set needs."""

    protocol_version = "HTTP/1.1"
    asked: list[str] = []

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.partition("?")[0]
        self.asked.append(path)
        headers = {}
        if "/resolve/" in path:
            body = FILES[path.partition(f"{REVISION}/")[2]]
            headers = {"X-Repo-Commit": REVISION, "ETag": f'"{hashlib.sha1(body).hexdigest()}"'}
        elif "/tree/" in path:
            listed = [{"type": "file", "path": name, "size": len(data), "oid": "0"} for name, data in FILES.items()]
            body = json.dumps(listed).encode()
        else:
            siblings = [{"rfilename": name} for name in FILES]
            body = json.dumps({"id": "org/sums", "sha": REVISION, "siblings": siblings}).encode()
        self.send_response(200)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    """The address of a hub on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_data_set_is_fetched_once_and_pinned(benchbook: Benchbook, hub: str, tmp_path: Path) -> None:
    task = {"name": "sums", "dataset": {"hf": {"path": "org/sums", "input": "question", "target": "answer"}}}
    config = tmp_path / "sums.json"
    config.write_text(json.dumps({"name": "s", "models": ["mock/x"], "tasks": [{**task, "scorers": "exact-match"}]}))
    place = {"HF_HOME": str(tmp_path / "hub"), "HF_HUB_DISABLE_XET": "1", "HF_ENDPOINT": hub}
    fetched = benchbook("eval", config, env=place)
    assert fetched.code == 0, fetched.err
    [kept] = benchbook("datasets", "--json").json["datasets"]
    assert (kept["size"], kept["reader"]["args"]["revision"]) == (1, REVISION)
    resolved = {path.partition(f"{REVISION}/")[2] for path in Hub.asked if "/resolve/" in path}
    assert resolved == {"data/test-00000.jsonl"}
    offline = benchbook("eval", config, env={**place, "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"})
    assert offline.code == 0, offline.err
    assert benchbook("datasets", "--json").json["datasets"] == [kept]
