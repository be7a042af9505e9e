"""What every answer tells browsers, and which requests get no further."""

import socket
from pathlib import Path

import pytest

from benchbook.server.protection import MOST_BODY
from benchbook.store.store import Store
from server.site import Asker, Site, site


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/runs/x",
        "/assets/nothing.js",
        "/api/nothing",
        "/api/runs",
        "/api/session",
        "/healthz",
        "/api/runs?limit=x",
    ],
)
def test_every_answer_says_what_may_be_loaded(viewer: Asker, path: str) -> None:
    headers = viewer.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "script-src 'self';" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "cache-control" in headers


def test_a_nonce_is_used_once(viewer: Asker) -> None:
    assert len({viewer.get("/").headers["content-security-policy"] for _ in range(3)}) == 3


def test_a_name_that_is_not_ours_is_not_answered(served: Site) -> None:
    for name in ("evil.example", "127.0.0.1.evil.example", "[::1", ""):
        assert served.nobody().get("/healthz", Host=name).status == 400


def test_a_body_that_is_too_large_is_refused_before_it_is_read(viewer: Asker) -> None:
    reply = viewer.ask("POST", "/api/keys", b"x" * (MOST_BODY + 1))
    assert (reply.status, reply.error) == (413, "TooLarge")


def test_a_body_that_does_not_say_its_size_is_cut_off(served: Site) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as connection:
        head = "POST /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
        connection.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode())
        block = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
        for _ in range(MOST_BODY // 0x10000 + 2):
            connection.sendall(block)
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")


def test_an_error_of_ours_says_nothing_of_what_is_inside(store: Store, tmp_path: Path) -> None:
    with site(store, tmp_path) as served:
        viewer = served.a("viewer")
        (tmp_path / "uploads").write_text("a file where a folder should be")
        reply = served.a("editor").send("/api/uploads", "a.json", b"[]")
        assert (reply.status, reply.error) == (503, "Unavailable")
        assert "Traceback" not in reply.body.decode()
        assert viewer.get("/healthz").status == 200
