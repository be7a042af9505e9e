"""Processes of our own: begun once, seen through, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from benchbook import settings
from benchbook.errors import Conflict, SpecError
from benchbook.executors.executor import Exited, Handle, Lost, Running
from benchbook.executors.local import FORCE, Limits, LocalExecutor
from benchbook.service.environment import lives, process_of
from executors.working import wait_until

SLEEPER = "import time; print('here', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, lambda *_: print('no', flush=True)); " + SLEEPER
FAMILY = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); " + SLEEPER


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[LocalExecutor]:
    executor = LocalExecutor(tmp_path / "logs", 2, ("4", "7"))
    yield executor
    for handle, child, _ in list(executor._children.values()):
        executor.stop(handle, 0.0)
        child.wait(60)


def begun(executor: LocalExecutor, code: str = SLEEPER, attempt: int = 1, slots: tuple[str, ...] = ()) -> Handle:
    handle = executor.submit("run-1", attempt, [sys.executable, "-c", code], slots, {"SAID": "so"})
    wait_until(lambda: b"here" in executor.log(handle, 0) or not isinstance(executor.poll(handle), Running))
    return handle


def ended(executor: LocalExecutor, handle: Handle) -> bool:
    return executor.poll(handle) != Running()


def test_an_attempt_that_is_submitted_twice_is_one_process(executor: LocalExecutor, tmp_path: Path) -> None:
    handle = begun(executor)
    assert executor.submit("run-1", 1, ["false"], (), {}) == handle
    another = LocalExecutor(tmp_path / "logs", 2, ())
    with pytest.raises(Conflict, match="attempt 1 at run-1 was begun before"):
        another.submit("run-1", 1, ["false"], (), {})
    assert executor.poll(handle) == Running()


def test_a_process_leads_a_group_and_writes_into_a_log(executor: LocalExecutor) -> None:
    handle = begun(executor)
    pid = int(handle.process.partition(" ")[0])
    assert os.getsid(pid) == os.getpgid(pid) == pid
    assert executor.log(handle, 0) == b"here\n"
    assert executor.log(handle, 2) == executor.log(handle, -3) == b"re\n"
    assert executor.log(handle, -99) == b"here\n"
    assert executor.log(Handle("run-1", 9), 0) == b""


def test_it_sees_its_gpus_and_no_others(executor: LocalExecutor, tmp_path: Path) -> None:
    code = "import os; print(os.environ['SAID'], [os.environ.get('CUDA_VISIBLE_DEVICES')], 'here')"
    assert executor.log(begun(executor, code, 1, ("4", "7")), 0) == b"so ['4,7'] here\n"
    assert executor.log(begun(executor, code, 2), 0) == b"so [''] here\n"


def test_a_run_gets_its_processors_and_so_much_memory_and_so_does_what_it_starts(tmp_path: Path) -> None:
    executor = LocalExecutor(tmp_path / "logs", 2, (), Limits(cpus=1, memory=512 << 20))
    told = "import os, resource; print(len(os.sched_getaffinity(0)), resource.getrlimit(resource.RLIMIT_DATA)[0] >> 20)"
    # It waits a moment, for the limits come right after it has begun.
    code = f"import subprocess, sys, time; time.sleep(1); subprocess.run([sys.executable, '-c', {told!r}])\n"
    code += "try: bytearray(600 << 20)\nexcept MemoryError: print('too much')\nprint('here')"
    handle = begun(executor, code)
    assert executor.log(handle, 0) == b"1 512\ntoo much\nhere\n"
    wait_until(lambda: executor.poll(handle) == Exited(0))


def test_runs_get_the_processors_that_fewest_others_have(tmp_path: Path) -> None:
    if (cores := settings.cores()) < 2:
        pytest.skip("there is one processor")
    executor = LocalExecutor(tmp_path / "logs", 2, (), Limits(cpus=1))
    handles = [begun(executor, attempt=attempt) for attempt in (1, 2)]
    pids = [int(handle.process.partition(" ")[0]) for handle in handles]
    seen = [os.sched_getaffinity(pid) for pid in pids]
    assert [len(one) for one in seen] == [1, 1]
    assert not seen[0] & seen[1]
    for handle in handles:
        executor.stop(handle, 0.0)
        wait_until(partial(ended, executor, handle))
    with pytest.raises(SpecError, match=f"there are {cores} processors here"):
        LocalExecutor(tmp_path / "logs", 2, (), Limits(cpus=cores + 1))
    with pytest.raises(SpecError, match="256MiB at least"):
        LocalExecutor(tmp_path / "logs", 2, (), Limits(memory=1000))


def test_old_logs_go_but_for_those_of_what_is_open(executor: LocalExecutor, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    for place, age in {
        "run-over/1": 100,
        "run-over/2": 100,
        "run-half/1": 100,
        "run-half/2": 0,
        "run-open/1": 100,
    }.items():
        path = logs / f"{place}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (time.time() - age * 86400,) * 2)
    (logs / "run-over-not-ours").mkdir()
    (logs / "notes.txt").touch()
    assert executor.tidy({"run-open"}, 90 * 86400) == 3
    left = sorted(str(path.relative_to(logs)) for path in logs.rglob("*"))
    assert left == ["notes.txt", "run-half", "run-half/2.log", "run-open", "run-open/1.log", "run-over-not-ours"]
    assert executor.tidy({"run-open"}, 90 * 86400) == 0


def test_its_gpus_are_kept_until_it_is_gone(executor: LocalExecutor) -> None:
    handle = begun(executor, slots=("7",))
    [machine] = executor.capacity()
    assert (machine.gpus, machine.kept) == (("4", "7"), ("7",))
    executor.stop(handle, 0.0)
    wait_until(lambda: executor.poll(handle) != Running())
    [machine] = executor.capacity()
    assert machine.kept == ()


def test_how_it_ended_is_told(executor: LocalExecutor) -> None:
    assert executor.poll(begun(executor, "raise SystemExit(3)")) == Exited(3)
    handle = begun(executor, attempt=2)
    os.kill(int(handle.process.partition(" ")[0]), signal.SIGKILL)
    wait_until(lambda: executor.poll(handle) == Exited(-signal.SIGKILL))


def test_one_that_does_not_stop_is_asked_again_and_ended_by_force(executor: LocalExecutor) -> None:
    handle, began = begun(executor, STUBBORN), time.monotonic()
    while executor.poll(handle) == Running():
        executor.stop(handle, 0.5)
        time.sleep(0.02)
    assert time.monotonic() - began >= FORCE
    assert executor.log(handle, 0).count(b"no") == 2


def test_nothing_of_its_group_is_left_when_it_is_gone(executor: LocalExecutor) -> None:
    handle = begun(executor, FAMILY)
    pid = int(handle.process.partition(" ")[0])
    [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    kept = process_of(int(child))
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: executor.poll(handle) != Running())
    wait_until(lambda: not lives(kept))


def test_another_finds_it_again_by_its_handle_or_without_one(executor: LocalExecutor, tmp_path: Path) -> None:
    handle = begun(executor, FAMILY)
    another = LocalExecutor(tmp_path / "logs", 2, ())
    unreported = Handle("run-1", 1)
    assert another.poll(handle) == another.poll(unreported) == Running()
    assert another.poll(Handle("run-1", 2)) == another.poll(Handle("run-2", 1)) == Lost()
    another.stop(unreported, 60.0)
    wait_until(lambda: isinstance(executor.poll(handle), Exited))
    assert another.poll(handle) == another.poll(unreported) == Lost()


def test_a_process_that_has_got_the_number_of_another_is_let_alone(executor: LocalExecutor) -> None:
    with subprocess.Popen(["sleep", "600"], start_new_session=True) as stranger:
        born = process_of(stranger.pid)
        earlier = Handle("run-1", 1, f"{stranger.pid} (born 1)")
        assert executor.poll(earlier) == Lost()
        executor.stop(earlier, 0.0)
        assert lives(born)
        stranger.kill()
