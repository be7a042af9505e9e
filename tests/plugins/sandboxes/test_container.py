"""Programs in containers. The tests need a container daemon and an image, which no unprivileged set-up can bring, and
skip without."""

import asyncio
import os
import platform
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from benchbook import (
    Call,
    CallResult,
    Command,
    ExecResult,
    Limits,
    SandboxUnavailable,
    SpecError,
    Use,
    opened,
    preflight,
)
from benchbook.plugins.sandboxes.container_worker import LABEL
from benchbook.plugins.sandboxes.self_test import descendants, self_test
from plugins.sandboxes.attacks.cheats import CHEATS
from plugins.sandboxes.attacks.resource import RESOURCE
from plugins.sandboxes.running import SMALL, Run, calls, exam, passes

IMAGES = ("python:3.11-slim", "python:3.12-slim", "benchbook-base:latest")
RIGHT = Command("def f(): return 1", (Call("f"),))
ENDLESS = Command("while True: pass", limits=Limits(cpu=60))


def docker(*arguments: str) -> str:
    said = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    return said.stdout if said.returncode == 0 else ""


def containers(process: int = 0) -> set[str]:
    """Those of that process, or of this one, running or not: the suite's other processes have their own."""
    owner = f"{LABEL}={platform.node()}:{process or os.getpid()}"
    return set(docker("ps", "--all", "--quiet", "--filter", f"label={owner}").split())


@pytest.fixture(scope="module")
def image() -> str:
    """An image that is here: none is pulled."""
    try:
        here = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
    except FileNotFoundError:
        pytest.skip("there is no Docker here")
    found = os.environ.get("BENCHBOOK_TEST_IMAGE") or next((name for name in IMAGES if name in here), None)
    if found is None:
        pytest.skip(f"there is no Docker daemon here, or none of its images is one of {', '.join(IMAGES)}")
    return found


@pytest.fixture(scope="module", params=[None, "runsc"], ids=["usual", "gvisor"])
def sandbox(request: pytest.FixtureRequest, image: str) -> Callable[..., Use]:
    """The sandbox with this image, on each kind of kernel."""
    if request.param and request.param not in docker("info", "--format", "{{.Runtimes}}"):
        pytest.skip("the daemon does not know gVisor")

    def use(workers: int = 1, **more: Any) -> Use:
        return Use(name="container", args={"workers": workers, "image": image, "runtime": request.param, **more})

    return use


@pytest.fixture(scope="module")
def run(sandbox: Callable[..., Use]) -> Iterator[Run]:
    """Carries out a command, in the same container for all tests as long as it will do."""
    before = containers()
    with asyncio.Runner() as runner:
        context = opened("sandbox", sandbox())
        opened_sandbox = runner.run(context.__aenter__())

        async def one(command: Command) -> ExecResult:
            result = await opened_sandbox(command)
            assert isinstance(result, ExecResult)
            return result

        yield lambda command: runner.run(one(command))
        runner.run(context.__aexit__(None, None, None))
    assert containers() == before


def until(reached: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


def test_calls_give_values_and_errors(run: Run) -> None:
    result = run(calls("def f(x):\n  return 6 / x", Call("f", (2,)), Call("f", (0,))))
    assert result.calls == (CallResult(3.0), CallResult(error="ZeroDivisionError: division by zero"))
    assert result.sandbox.startswith("container")


def test_tests_run_apart_from_the_program(run: Run) -> None:
    assert passes(run(exam("def f(x): return x + x", "assert f(2) == 4\nassert candidate('a') == 'aa'")))
    assert not passes(run(exam("def f(x): return x", "assert f(2) == 4")))
    assert not passes(run(exam("import os\ndef f(x): os._exit(0)", "assert f(2) == 4")))


def test_a_script_reads_and_writes(run: Run) -> None:
    assert run(Command("print(sum(map(int, input().split())))", stdin="1 2 3\n")).stdout == "6\n"


def test_tests_in_the_programs_process_are_marked(run: Run) -> None:
    program = "class A:\n  pass\ndef f(): return A()"
    result = run(Command(program, test_code="assert isinstance(f(), A)", entry_point="f", in_process=True))
    assert passes(result)
    assert result.cheatable


def test_a_program_has_its_other_files_and_the_next_has_not(run: Run) -> None:
    files = {"parts/numbers.py": "SEVEN = 7"}
    result = run(Command("from parts.numbers import SEVEN\ndef f(): return SEVEN", (Call("f"),), files=files))
    assert result.calls == (CallResult(7),)
    assert run(calls("import os\ndef f(): return os.listdir('.')", Call("f"))).calls == (CallResult([]),)


def test_large_inputs_and_outputs_cross_whole(run: Run) -> None:
    text = "x" * (3 << 20)
    result = run(Command("def f(x): return x[::-1]", (Call("f", (text,)),), limits=Limits(output=4096)))
    assert result.calls == (CallResult(text),)


BREACHES = {
    "processor time": ("while True: pass", "timeout"),
    "the clock": ("import time\ntime.sleep(60)", "timeout"),
    "memory": ("hoard = []\nwhile True: hoard.append(bytearray(1 << 20))", "memory"),
    "output": ("import os\nwhile True: os.write(1, bytes(1 << 14))", "output_limit"),
    "mounts": ("import ctypes\nctypes.CDLL(None).mount(b'x', b'/tmp', b'tmpfs', 0, None)", "violation"),
    "a crash": ("import ctypes\nctypes.string_at(0)", "crash"),
}


@pytest.mark.parametrize(("program", "status"), BREACHES.values(), ids=BREACHES)
def test_a_breach_has_its_own_status(run: Run, program: str, status: str) -> None:
    assert run(Command(program, limits=SMALL.model_copy(update={"wall": 3.0}))).status == status


def test_threads_are_counted(run: Run) -> None:
    program = """
import threading, time
def f():
    for number in range(200):
        try: threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
        except RuntimeError: return number
"""
    [call] = run(calls(program, Call("f"), limits=Limits(processes=24))).calls
    assert isinstance(call.value, int)
    assert 4 <= call.value <= 24


WRITES = "def f(size):\n  with open('file', 'wb') as file: file.write(bytes(size << 20))"


@pytest.mark.parametrize(("disk", "size", "fits"), [(1, 2, False), (16, 12, True), (40, 36, True), (16, 18, False)])
def test_the_scratch_folder_is_as_large_as_the_limit(run: Run, disk: int, size: int, fits: bool) -> None:
    [call] = run(calls(WRITES, Call("f", (size,)), limits=Limits(disk=disk, file_size=64))).calls
    assert (call.error is None) is fits, call


def test_the_self_test_finds_nothing(sandbox: Callable[..., Use]) -> None:
    before = containers()
    proof = asyncio.run(self_test(sandbox()))
    assert (proof.missing, proof.broken) == ("", [])
    assert len(proof.attacks) > 30
    assert containers() == before


NEIGHBOURS = """
import os
def f():
    reached = []
    for pid in range(1, 100):
        for name in ('mem', 'fd/0', 'fd/1', 'fd/4', 'fd/5', 'environ', 'maps'):
            for flags in (os.O_RDONLY, os.O_WRONLY):
                try: os.open(f'/proc/{pid}/{name}', flags)
                except OSError: continue
                if pid != os.getpid(): reached.append((pid, name, flags))
    return reached
"""


def test_a_program_reaches_nothing_that_other_processes_have_open(run: Run) -> None:
    assert run(calls(NEIGHBOURS, Call("f"))).calls == (CallResult([]),)
    result = run(exam(NEIGHBOURS, "assert f() == []"))
    assert passes(result), result


def test_fifty_hostile_programs_leave_the_container_whole(run: Run) -> None:
    run(RIGHT)
    before = containers()
    hurried = {"cpu": 0.2, "wall": 1.0, "disk": 1}
    for attack in list(RESOURCE.values())[:25]:
        command = attack.command({})
        limits = command.limits.model_copy(update=hurried)
        assert run(Command(command.program, command.calls, limits=limits)).status != "infra_error", attack.program
    for cheat in list(CHEATS.values())[:25]:
        assert not passes(run(cheat.examined())), cheat
    assert run(RIGHT).calls == (CallResult(1),)
    assert containers() == before


def test_two_workers_are_two_containers_that_work_at_once(sandbox: Callable[..., Use]) -> None:
    program = "import time\ndef f():\n  began = time.time()\n  time.sleep(1)\n  return began, time.time()"
    before = containers()

    async def both() -> tuple[list[ExecResult], int]:
        async with opened("sandbox", sandbox(2)) as run:
            await asyncio.gather(run(RIGHT), run(RIGHT))
            results = await asyncio.gather(*(run(calls(program, Call("f"))) for _ in range(2)))
            return results, len(containers() - before)

    results, count = asyncio.run(both())
    (first_began, first_ended), (second_began, second_ended) = (result.calls[0].value for result in results)
    assert first_began < second_ended
    assert second_began < first_ended
    assert count == 2
    assert containers() == before


def test_a_cancelled_command_takes_its_container_with_it_and_the_next_one_runs(sandbox: Callable[..., Use]) -> None:
    before = containers()

    async def cancelled() -> None:
        async with opened("sandbox", sandbox()) as run:
            task = asyncio.create_task(run(ENDLESS))
            await asyncio.sleep(0.5)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert containers() == before
            assert (await run(RIGHT)).calls == (CallResult(1),)

    asyncio.run(cancelled())
    assert containers() == before


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.3, 0.5, 0.8])
def test_a_start_that_is_cancelled_leaves_no_container(sandbox: Callable[..., Use], seconds: float) -> None:
    before = containers()

    async def cancelled() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds), opened("sandbox", sandbox()):
                await asyncio.sleep(60)

    asyncio.run(cancelled())
    assert containers() == before


@pytest.mark.parametrize("victim", ["the client", "the container"])
def test_what_is_killed_costs_a_second_try_and_leaves_nothing(sandbox: Callable[..., Use], victim: str) -> None:
    before, others = containers(), descendants([os.getpid()])

    async def killed() -> ExecResult:
        async with opened("sandbox", sandbox()) as run:
            [container] = containers() - before
            task = asyncio.create_task(run(calls("import time\ndef f():\n  time.sleep(2)\n  return 1", Call("f"))))
            await asyncio.sleep(0.5)
            if victim == "the client":
                [client] = descendants([os.getpid()]) - others
                os.kill(client, signal.SIGKILL)
            else:
                docker("kill", container)
            result = await task
            assert container not in containers()
            assert isinstance(result, ExecResult)
            return result

    assert asyncio.run(killed()).calls == (CallResult(1),)
    assert containers() == before


def test_nothing_survives_a_host_that_is_killed(sandbox: Callable[..., Use]) -> None:
    host = f"""
        import asyncio
        from benchbook import Command, Limits, Use, opened
        async def main():
            async with opened("sandbox", Use(name="container", args={sandbox().args!r})) as run:
                print("open", flush=True)
                await run(Command("while True: pass", limits=Limits(cpu=60)))
        asyncio.run(main())
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(host)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        assert len(containers(process.pid)) == 1
        process.kill()
    until(lambda: not containers(process.pid))


def test_what_is_kept_with_a_run_names_image_and_python(sandbox: Callable[..., Use]) -> None:
    async def facts() -> dict[str, str]:
        async with opened("sandbox", sandbox()) as run:
            return dict(run.facts)

    said = asyncio.run(facts())
    assert said["sandbox"].startswith("container")
    assert said["sandbox image"].startswith("sha256:")
    assert said["sandbox python"].startswith("3.")


def test_a_package_that_the_image_lacks_is_the_callers_mistake(sandbox: Callable[..., Use]) -> None:
    before = containers()
    with pytest.raises(SpecError, match="packages: programs are to import 'no-such-package'"):
        preflight("sandbox", sandbox(packages=["no-such-package"]))
    assert containers() == before


def test_a_preflight_works(sandbox: Callable[..., Use]) -> None:
    preflight("sandbox", sandbox())


def test_a_runtime_that_is_not_there_is_named(image: str) -> None:
    with pytest.raises(SandboxUnavailable, match=r"no-such-runtime.*docker info"):
        preflight("sandbox", Use(name="container", args={"image": image, "runtime": "no-such-runtime"}))


def test_an_image_without_python_is_named(image: str) -> None:
    bare = "benchbook-test-without-python"
    # An archive with nothing in it.
    subprocess.run(["docker", "import", "-", bare], input=bytes(10240), capture_output=True, check=True)
    try:
        with pytest.raises(SandboxUnavailable, match=rf"{bare}.*choose an image with Python 3.11 or newer"):
            preflight("sandbox", Use(name="container", args={"image": bare}))
    finally:
        docker("image", "rm", bare)


def test_an_image_that_is_not_here_is_named_and_not_pulled(image: str) -> None:
    with pytest.raises(SandboxUnavailable, match=r"'no-such-image'.*run `docker pull no-such-image`"):
        preflight("sandbox", Use(name="container", args={"image": "no-such-image"}))


def test_a_daemon_that_is_not_there_is_named(image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(SandboxUnavailable, match=r"`docker` cannot reach its daemon.*start the daemon"):
        preflight("sandbox", Use(name="container", args={"image": image}))


def test_an_engine_that_is_not_there_is_named() -> None:
    with pytest.raises(SandboxUnavailable, match=r"`no-such-engine` cannot be run.*install Docker"):
        preflight("sandbox", Use(name="container", args={"engine": "no-such-engine"}))


MISTAKES: dict[str, dict[str, Any]] = {
    "a negative number of workers": {"workers": -1},
    "an option for an image": {"image": "--privileged"},
}


@pytest.mark.parametrize("args", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_settings_is_the_callers(args: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=next(iter(args))):
        preflight("sandbox", Use(name="container", args=args))
