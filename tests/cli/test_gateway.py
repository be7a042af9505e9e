"""`benchbook gateway`, as a user starts and ends it."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.command import Benchbook


@contextmanager
def started(environment: dict[str, str], *args: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command, once it listens, and its base URL."""
    command = [sys.executable, "-m", "benchbook", "gateway", "mock/m", "--port", "0", *args]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, encoding="utf-8"
    )
    try:
        assert process.stdout
        line = process.stdout.readline().strip()
        yield process, line
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_listens_at_once_and_ends_in_good_order(environment: dict[str, str], number: signal.Signals) -> None:
    with started(environment, "-M", "replies=hello") as (process, base_url):
        body = json.dumps({"model": "mock/m", "messages": [{"role": "user", "content": "x"}]}).encode()
        with urllib.request.urlopen(f"{base_url}/chat/completions", body, timeout=60) as response:
            assert json.load(response)["choices"][0]["message"]["content"] == "hello"
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (0, "")
        assert "serving mock/m" in err


def test_what_is_under_way_is_finished(environment: dict[str, str]) -> None:
    with started(environment, "-M", "latency=1.0") as (process, base_url):
        body = json.dumps({"model": "mock/m", "prompt": "x", "stream": True}).encode()
        request = urllib.request.Request(f"{base_url}/completions", body)
        ending = subprocess.Popen(["sh", "-c", f"sleep 0.3; kill -TERM {process.pid}"])
        with urllib.request.urlopen(request, timeout=60) as response:
            assert response.read().endswith(b"data: [DONE]\n\n")
        ending.wait()
        assert process.wait(timeout=60) == 0


def test_a_model_that_takes_long_to_load_is_not_waited_for(environment: dict[str, str], tmp_path: Path) -> None:
    """A runtime of the test's own, in a package that is only there for it."""
    (tmp_path / "slow-1.dist-info").mkdir()
    (tmp_path / "slow-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: slow\nVersion: 1\n")
    (tmp_path / "slow-1.dist-info" / "entry_points.txt").write_text("[benchbook.runtime]\nslow = slow:slow\n")
    (tmp_path / "slow.py").write_text(
        "import asyncio, sys, time\n"
        "from benchbook import Runtime, register\n"
        "@register('runtime')\n"
        "async def slow(model: str):\n"
        "    print('loading', file=sys.stderr, flush=True)\n"
        "    await asyncio.to_thread(time.sleep, 600)\n"
        "    yield Runtime(None)\n"
    )
    command = [sys.executable, "-m", "benchbook", "gateway", "slow/m", "--port", "0"]
    environment = {**environment, "PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stderr
        assert process.stderr.readline() == "loading\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60) == ("", "interrupted\n")
        assert process.returncode == 130


def test_as_json_it_prints_one_document(environment: dict[str, str]) -> None:
    keyed = {**environment, "KEY": "sesame"}
    with started(keyed, "--json", "--api-key-env", "KEY", "--host", "0.0.0.0") as (process, begins):
        assert process.stdout
        document = json.loads(begins + "".join(iter(process.stdout.readline, "}\n")) + "}")
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == ""
    assert document["models"] == ["mock/m"]
    assert document["base_url"].startswith("http://0.0.0.0:")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "say which models"),
        (("mock",), "runtime/name"),
        (("moc/m",), "did you mean"),
        (("mock/m", "-M", "latenzy=1"), "latency"),
        (("mock/m", "--host", "0.0.0.0"), "--api-key-env"),
        (("mock/m", "--api-key-env", "NOT_SET_ANYWHERE"), "NOT_SET_ANYWHERE"),
        (("mock/m", "mock/m"), "named twice"),
    ],
)
def test_what_makes_no_sense_is_told_and_nothing_listens(
    benchbook: Benchbook, args: tuple[str, ...], message: str
) -> None:
    result = benchbook("gateway", *args, "--json")
    assert (result.code, message in result.json["error"]["message"]) == (2, True), result
