"""Servers of one's own: started, asked, and never left behind."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from benchbook import GenerateConfig, Message, ModelSpec, Output, PluginError, Runtime, SpecError, opened, registry
from benchbook.engine.cache import source_of
from benchbook.settings import Settings
from plugins.runtimes.asking import answer, facts, preflight, request

HERE = Path(__file__).parent
TURNS = (Message(role="user", content="Hello"),)


def command(*manners: str) -> list[str]:
    return ["{python}", str(HERE / "small_server.py"), "{port}", "{model}", *manners]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCHBOOK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def weights(tmp_path: Path) -> str:
    file = tmp_path / "weights.bin"
    file.write_bytes(b"")
    return str(file)


def said(output: Output) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(output.text)
    return told


def gone(pid: int) -> bool:
    """Whether the process has ended; a zombie that its parent has not yet looked at has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 60
    while not all(map(gone, pids)):
        assert time.monotonic() < deadline, "processes were left behind"
        time.sleep(0.1)


def test_it_is_asked_by_the_name_it_lists_and_sees_its_gpus_and_variables(weights: str) -> None:
    output = answer(
        "server/mine",
        request(TURNS),
        weights=weights,
        command=command(),
        gpus=[2, 3],
        environment={"GREETING": "hi you"},
    )
    assert said(output) == {"model": f"served {weights}", "gpus": "2,3", "greeting": "hi you"}
    assert (
        said(answer("server/mine", request(TURNS), weights=weights, command=command(), served_model="x"))["model"]
        == "x"
    )


def test_the_facts_name_command_weights_and_log(weights: str, home: Path) -> None:
    found = facts("server/mine", weights=weights, command=command()).facts
    assert found["server"] == "command"
    assert found["weights"] == weights
    assert len(found["sha256"]) == 64
    assert "{port}" in found["command"]
    log = Path(found["log"])
    assert log.is_relative_to(home)
    assert f"starting {weights}" in log.read_text()
    # Nothing of them changes from one start to the next, but the log.
    again = facts("server/mine", weights=weights, command=command()).facts
    assert {**found, "log": ""} == {**again, "log": ""}


def test_its_answers_are_found_again_after_another_start(weights: str) -> None:
    spec = ModelSpec(model="server/mine", args={"weights": weights, "command": command()})  # type: ignore[dict-item]

    def source() -> str:
        return source_of(spec, facts("server/mine", weights=weights, command=command()))

    before = source()
    assert source() == before
    Path(weights).write_bytes(b"others")
    assert source() != before


def test_a_folder_is_told_from_others_by_what_lies_beside_its_weights_too(tmp_path: Path) -> None:
    (folder := tmp_path / "model").mkdir()
    (folder / "model.safetensors").write_bytes(b"")
    (folder / "config.json").write_text("{}")
    before = facts("server/mine", weights=str(folder), command=command()).facts
    (folder / "config.json").write_text('{"rope_theta": 1}')
    after = facts("server/mine", weights=str(folder), command=command()).facts
    assert before["sha256"] == after["sha256"]
    assert before["config_sha256"] != after["config_sha256"]


def test_a_server_that_dies_is_told_with_the_end_of_its_log(weights: str) -> None:
    with pytest.raises(PluginError, match=r"ended with code 1 before it was ready(?s:.)*there is no such model"):
        facts("server/mine", weights=weights, command=command("dies"))


def test_a_server_that_does_not_answer_in_time_is_stopped(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    pids.touch()
    with pytest.raises(PluginError, match=r"did not answer at /v1/models within 2 s(?s:.)*starting"):
        facts("server/mine", weights=str(pids), command=command("mute", "children"), patience=2.0)
    wait_until_gone([int(pid) for pid in pids.read_text().split()])


@pytest.mark.parametrize("manner", ["friendly", "deaf"])
def test_nothing_is_left_running_not_even_what_has_left_its_group(tmp_path: Path, manner: str) -> None:
    pids = tmp_path / "pids"
    pids.touch()
    facts("server/mine", weights=str(pids), command=command("children", manner))
    left = [int(pid) for pid in pids.read_text().split()]
    assert len(left) == 3
    wait_until_gone(left)


def test_nothing_is_left_running_when_we_are_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    pids.touch()
    spec = ModelSpec(model="server/mine", args={"weights": str(pids), "command": command("children")})  # type: ignore[dict-item]
    script = (
        "import asyncio, sys\nfrom benchbook import ModelSpec, opened\n"
        "async def hold():\n"
        "    async with opened('runtime', ModelSpec.parse(eval(sys.argv[1])).runtime):\n"
        "        print('ready', flush=True)\n        await asyncio.sleep(600)\n"
        "asyncio.run(hold())"
    )
    ours = subprocess.Popen([sys.executable, "-c", script, repr(spec.model_dump(mode="json"))], stdout=subprocess.PIPE)
    assert ours.stdout is not None
    assert ours.stdout.readline() == b"ready\n"
    ours.send_signal(signal.SIGKILL)
    ours.wait()
    ours.stdout.close()
    wait_until_gone([int(pid) for pid in pids.read_text().split()])


def test_a_run_that_is_cancelled_stops_its_server(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    pids.touch()

    async def hold() -> None:
        args: dict[str, Any] = {"weights": str(pids), "command": command("children")}
        async with asyncio.timeout(None) as limit, opened("runtime", ModelSpec(model="server/mine", args=args).runtime):
            limit.reschedule(0)
            await asyncio.sleep(600)

    with pytest.raises(TimeoutError):
        asyncio.run(hold())
    wait_until_gone([int(pid) for pid in pids.read_text().split()])


def test_a_real_server_serves_the_embedded_weights(
    embedded_model_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHBOOK_HOME", str(embedded_model_home.home))
    args: dict[str, Any] = {
        "weights": "smollm2-135m",
        "command": ["{python}", str(HERE / "llama_server.py"), "{port}", "{model}"],
        "health": "/health",
    }

    async def ask() -> tuple[Runtime, Output]:
        async with opened("runtime", ModelSpec(model="server/xllamacpp", args=args).runtime) as runtime:
            return runtime, await runtime.generate(request(TURNS, config=GenerateConfig(max_tokens=8, temperature=0.0)))

    runtime, output = asyncio.run(ask())
    assert output.text.startswith("Hello")
    assert runtime.prompt_style == "chat"
    assert runtime.facts["sha256"] == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    Path(runtime.facts["log"]).unlink()


@pytest.mark.parametrize(
    ("model", "args", "message"),
    [
        ("server/vlm", {"weights": "a/b"}, "model: unknown server 'vlm'; take one of vllm, transformers"),
        ("server/mine", {"command": ["serve", "{model}"], "weights": "a/b"}, "args.command: .* write {port} there"),
        ("server/mine", {"command": ["true", "{model}", "{port}"]}, "args.weights: say which weights"),
        (
            "server/mine",
            {"command": command(), "weights": "./nowhere"},
            "args.weights: there is no file or folder nowhere",
        ),
        ("server/mine", {"command": command(), "weights": "smolm2"}, "args.weights: unknown embedded model"),
        ("server/mine", {"command": ["true", "{port}"], "patience": 0.0}, "args.patience: expected more than 0"),
        ("server/mine", {"command": ["true", "{port}"], "health": "health"}, "args.health: expected a path"),
        ("server/mine", {"command": ["true", "{port}"], "environment": {"a=b": "c"}}, "args.environment"),
    ],
)
def test_a_mistake_is_told_before_anything_is_started(model: str, args: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        preflight(model, **args)


def test_what_a_server_cannot_heed_is_told_before_it_is_started() -> None:
    def vet(config: GenerateConfig, **args: Any) -> None:
        registry.vet(ModelSpec(model="server/mine", args={"weights": "a/b", **args}).runtime, config, "chat")

    vet(GenerateConfig(top_k=20))
    with pytest.raises(SpecError, match="TGI has no top_k"):
        vet(GenerateConfig(top_k=20), dialect="tgi")


@pytest.mark.parametrize("model", ["server/vllm", "server/llama-cpp-python", "server/llama-server"])
def test_a_server_that_is_not_installed_is_told_with_a_remedy(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    with pytest.raises(PluginError, match=r"is not installed here; .*install"):
        preflight(model, weights="a/b")
