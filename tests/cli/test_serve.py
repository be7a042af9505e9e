"""`benchbook serve`, `users` and `keys`, as people call them."""

import json
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchbook.server.web import BUILT
from cli.command import Benchbook


def asked(url: str, path: str, body: object = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    """What a server answers."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=60)
    try:
        method, sent = ("GET", None) if body is None else ("POST", json.dumps(body).encode())
        connection.request(method, path, sent, {"Content-Type": "application/json", **(headers or {})})
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_server_lets_one_in_by_its_link_and_ends_in_order(
    environment: dict[str, str], ending: signal.Signals
) -> None:
    command = [sys.executable, "-m", "benchbook", "serve", "--port", "0", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        printed = ""
        while not printed.endswith("}\n"):
            line = server.stdout.readline()
            assert line, server.stderr.read()
            printed += line
        said = json.loads(printed)
        token = said["link"].partition("#token=")[2]
        assert asked(said["url"], "/api/runs")[0] == 401
        assert [asked(said["url"], "/api/session", {"token": token})[0] for _ in range(2)] == [200, 401]
        server.send_signal(ending)
        assert server.wait(60) == 0
        told = server.stderr.read()
        assert "Traceback" not in told
        assert ("The pages are not built" in told) is not (BUILT / "index.html").is_file()


def test_nobody_is_let_in_without_a_login_from_other_machines(benchbook: Benchbook) -> None:
    done = benchbook("serve", "--no-auth", "--host", "0.0.0.0", "--port", "0")
    assert done.code == 5
    assert "--no-auth" in done.err


def test_a_certificate_comes_with_its_key(benchbook: Benchbook, tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("")
    assert benchbook("serve", "--certificate", "cert.pem").code == 2
    assert benchbook("serve", "--certificate", "cert.pem", "--key", "none.pem").code == 2


def test_what_a_machine_cannot_give_is_refused(benchbook: Benchbook) -> None:
    for options in (["--cpus", "100000"], ["--memory", "much"], ["--memory", "1MB"], ["--keep-logs", "soon"]):
        done = benchbook("worker", *options)
        assert done.code == 2
        assert options[0] in done.err


def test_an_address_that_is_taken_is_told(benchbook: Benchbook) -> None:
    done = benchbook("serve", "--host", "192.0.2.1", "--port", "1")
    assert done.code == 4
    assert "cannot listen" in done.err


def test_the_description_is_written_without_a_store(benchbook: Benchbook, home: Path, tmp_path: Path) -> None:
    assert benchbook("serve", "--openapi", "api.json").code == 0
    assert "/api/runs" in json.loads((tmp_path / "api.json").read_text())["paths"]
    assert not home.exists()


def test_users_are_let_in_changed_and_given_keys(benchbook: Benchbook) -> None:
    added = benchbook("users", "add", "ann", "--role", "editor", "--json").json
    assert added["user"]["role"] == "editor"
    assert added["link"].startswith("/login#token=")
    assert benchbook("users", "add", "ann").code == 4
    key = benchbook("keys", "--user", "ann", "add", "ci", "--scope", "read", "--scope", "write", "--json").json
    assert key["secret"].startswith("bb_")
    assert benchbook("keys", "--user", "ann", "add", "ci", "--scope", "admin").code == 5
    assert benchbook("keys", "--user", "ann", "revoke", key["key"]["id"]).code == 0
    [listed] = benchbook("keys", "--user", "ann", "--json").json["keys"]
    assert "revoked" in benchbook("keys", "--user", "ann").out
    assert listed["revoked_at"] is not None
    assert benchbook("users", "change", "ann", "--lock").code == 0
    assert "locked out" in benchbook("users").out
    assert benchbook("users", "link", "nobody").code == 3
    assert benchbook("users", "change", "ann").code == 2
