"""Programs run for their own sake, in the real sandbox."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from benchbook import (
    Command,
    ExecResult,
    Limits,
    ProgramSpec,
    ProgramTest,
    Sandbox,
    SpecError,
    Use,
    python_pool,
    register,
    run_python,
)

F = "def f(x): return x + 1\n"


def numbered(number: int) -> ProgramSpec:
    return ProgramSpec(id=number, program=F, entry_point="f", tests=(ProgramTest(args=(number,), expected=number + 1),))


def test_a_program_is_run_and_its_values_compared_strictly() -> None:
    passed = run_python(F, entry_point="f", tests=[{"args": [1], "expected": 2}, ProgramTest(args=(2,), expected=3)])
    assert (passed.status, [test.status for test in passed.tests]) == ("passed", ["passed", "passed"])
    assert run_python(F, entry_point="f", tests=[{"args": [1], "expected": 2.0}]).status == "failed"
    assert run_python("def f(): return (1, {2})", entry_point="f", tests=[{"expected": (1, {2})}]).status == "passed"


def test_test_code_and_limits_are_taken() -> None:
    assert run_python(F, entry_point="f", test_code="assert candidate(1) == 2").status == "passed"
    assert run_python("while True: pass", limits=Limits(cpu=0.2)).status == "timeout"


def test_a_script_has_stdin_and_stdout() -> None:
    assert run_python("print(2 * int(input()))", stdin=("1", "2"), stdout=("2", "4")).status == "passed"
    assert run_python("print(input())", stdin="a").stdout == "a\n"


def test_what_is_wrong_is_said_before_anything_runs() -> None:
    with pytest.raises(SpecError, match=r"tests\[1\].expected: a test needs"):
        run_python(F, entry_point="f", tests=[{"args": [1], "expected": 2}, {"args": [1]}])
    with pytest.raises(SpecError, match="entry_point: tests with `args` need it"):
        run_python(F, tests=[{"args": [1], "expected": 2}])
    with pytest.raises(SpecError, match=r"tests\[0\].args: holds a value of type object"):
        run_python(F, entry_point="f", tests=[{"args": [object()], "expected": 2}])
    with pytest.raises(SpecError, match="files: '/etc/passwd' is no path"):
        run_python(F, files={"/etc/passwd": ""})
    with pytest.raises(SpecError, match="unknown sandbox 'nss'; did you mean 'ns'"):
        run_python(F, sandbox="nss")


def test_a_sandbox_is_named_as_in_a_config() -> None:
    named = run_python(F, entry_point="f", tests=[{"args": [1], "expected": 2}], sandbox={"landlock": {"workers": 1}})
    assert (named.status, named.sandbox) == ("passed", "landlock")
    with pytest.raises(SpecError, match="of sandbox 'landlock': 'worker'; did you mean 'workers'"):
        run_python(F, sandbox={"landlock": {"worker": 1}})


def test_it_can_be_called_where_an_event_loop_runs_and_by_many_threads() -> None:
    async def main() -> list[str]:
        here = run_python(F).status
        there = await asyncio.gather(*(asyncio.to_thread(run_python, F) for _ in range(4)))
        return [here, *(result.status for result in there)]

    assert asyncio.run(main()) == ["skipped"] * 5


def test_the_sandbox_stays_warm_and_ends_with_the_process() -> None:
    code = """
import os
from benchbook import run_python
from benchbook.plugins.sandboxes.self_test import descendants

run_python("x = 1")
before = descendants([os.getpid()])
run_python("x = 1")
after = descendants([os.getpid()])
# bwrap and the zygote are the same; children that wait for a program come and go.
assert len(before & after) >= 2 and len(before | after) <= 16
print(*before, *after)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [pid for pid in done.stdout.split() if Path(f"/proc/{pid}").exists()] == []


def test_a_forked_process_has_a_sandbox_of_its_own() -> None:
    code = """
import os
from benchbook import run_python

run_python("x = 1")
child = os.fork()
status = run_python("1 // 0").status
if child:
    assert os.waitpid(child, 0)[1] == 0
    assert run_python("x = 1").status == "skipped"
print(status)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["error", "error"]), done.stderr


def test_a_pool_gives_results_in_order() -> None:
    async def main() -> list[object]:
        async with python_pool(workers=2) as pool:
            assert (await pool.run(numbered(1))).status == "passed"
            return [result.id async for result in pool.map(map(numbered, range(100)))]

    assert asyncio.run(main()) == list(range(100))


def test_or_as_they_come() -> None:
    slow = ProgramSpec(id="slow", program="import time; time.sleep(1)")

    async def main() -> list[object]:
        async with python_pool(workers=2) as pool:
            return [result.id async for result in pool.map([slow, *map(numbered, range(10))], ordered=False)]

    ids = asyncio.run(main())
    assert ids[-1] == "slow"
    assert len(ids) == 11


class Counting:
    """A sandbox of the tests' own, which knows how much is going on in it."""

    def __init__(self) -> None:
        self.running = self.most = self.done = 0

    async def __call__(self, _: Command) -> ExecResult:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(0.001)
            self.done += 1
            return ExecResult("completed")
        finally:
            self.running -= 1


COUNTING = Counting()


@register("sandbox", "counting")
def counting(workers: int = 1) -> Sandbox:
    return COUNTING


@pytest.fixture
def counted() -> Counting:
    COUNTING.__init__()  # type: ignore[misc]  # begins to count anew
    return COUNTING


@pytest.mark.parametrize("ordered", [True, False])
def test_programs_are_taken_only_as_they_are_needed(counted: Counting, ordered: bool) -> None:
    taken = 0

    def endless() -> Iterator[ProgramSpec]:
        nonlocal taken
        while True:
            taken += 1
            yield ProgramSpec(program="x")

    async def main() -> None:
        async with python_pool("counting", workers=3) as pool, aclosing(pool.map(endless(), ordered=ordered)) as found:
            for _ in range(50):
                await anext(found)
            await asyncio.sleep(0.05)

    asyncio.run(main())
    assert counted.most == 6
    assert taken <= 50 + 6 * 8 + 1
    assert counted.running == 0


def test_programs_may_come_slowly_and_results_do_not_wait_for_them(counted: Counting) -> None:
    async def slowly() -> AsyncIterator[ProgramSpec]:
        yield ProgramSpec(program="x", id="first")
        await got_first.wait()
        yield ProgramSpec(program="x", id="second")

    got_first = asyncio.Event()

    async def main() -> list[object]:
        ids: list[object] = []
        async with python_pool(Use(name="counting")) as pool:
            async for result in pool.map(slowly()):
                ids.append(result.id)
                got_first.set()
        return ids

    assert asyncio.run(main()) == ["first", "second"]


def test_what_is_wrong_with_the_source_ends_the_iteration(counted: Counting) -> None:
    def broken() -> Iterator[ProgramSpec]:
        yield ProgramSpec(program="x")
        raise SpecError("line 2 is bad")

    async def main() -> None:
        async with python_pool("counting") as pool:
            async for _ in pool.map(broken()):
                pass

    with pytest.raises(SpecError, match="line 2 is bad"):
        asyncio.run(main())
    assert counted.running == 0


def test_cancelling_ends_the_work(counted: Counting) -> None:
    async def work() -> None:
        async with python_pool("counting", workers=2) as pool:
            async for _ in pool.map(ProgramSpec(program="x") for _ in iter(int, 1)):
                pass

    async def main() -> None:
        task = asyncio.create_task(work())
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert counted.running == 0
        assert counted.done > 0

    asyncio.run(main())


def test_leaving_a_map_kills_what_runs() -> None:
    endless = ProgramSpec(program="while True: pass", limits=Limits(cpu=60))

    async def main() -> None:
        async with python_pool(workers=1) as pool:
            async with aclosing(pool.map([numbered(1), endless, endless])) as found:
                assert (await anext(found)).status == "passed"
            async with asyncio.timeout(20):
                assert (await pool.run(numbered(2))).status == "passed"

    asyncio.run(main())
