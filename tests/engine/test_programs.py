"""A program through its tests, in the real sandbox; in a scripted one, what the real one is not made to do."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from benchbook import (
    CallResult,
    Command,
    ExecResult,
    Limits,
    PluginError,
    ProgramResult,
    ProgramSpec,
    ProgramTest,
    Sandbox,
    Use,
    examine,
    opened,
)

F = "def f(x): return x + 1\n"


@pytest.fixture(scope="module")
def runner() -> Iterator[tuple[asyncio.Runner, Sandbox]]:
    with asyncio.Runner() as runner:
        context = opened("sandbox", Use(name="ns", args={"workers": 1}))
        yield runner, runner.run(context.__aenter__())
        runner.run(context.__aexit__(None, None, None))


class Examining:
    def __init__(self, runner: tuple[asyncio.Runner, Sandbox]) -> None:
        self.runner, self.sandbox = runner

    def __call__(self, program: str, **fields: Any) -> ProgramResult:
        spec = ProgramSpec.parse({"program": program, "limits": {"cpu": 0.5}, **fields})
        return self.runner.run(examine(spec, self.sandbox))


@pytest.fixture
def examined(runner: tuple[asyncio.Runner, Sandbox]) -> Examining:
    return Examining(runner)


def calls(*pairs: tuple[Any, Any]) -> dict[str, Any]:
    return {"entry_point": "f", "tests": [{"args": [given], "expected": wanted} for given, wanted in pairs]}


def statuses(result: ProgramResult) -> list[str]:
    return [test.status for test in result.tests]


def test_a_right_program_passes_with_its_figures(examined: Examining) -> None:
    result = examined(F, id="a", **calls((1, 2), (2, 3)))
    assert (result.id, result.status, result.reason, statuses(result)) == ("a", "passed", "", ["passed", "passed"])
    assert result.peak_memory > 0
    assert result.wall > 0
    assert (result.sandbox, result.cheatable) == ("ns", False)
    assert result.comparison.startswith("typed-values/3 (")


def test_the_first_test_that_does_not_pass_decides(examined: Examining) -> None:
    result = examined("def f(x): return 6 // x", **calls((1, 6), (2, 4), (0, 1)))
    assert (result.status, result.reason) == ("failed", "f(2): got 3, not 4")
    assert statuses(result) == ["passed", "failed", "error"]
    assert (result.tests[1].got, result.tests[1].expected) == ("3", "4")
    assert result.tests[2].error.startswith("raised ZeroDivisionError")


def test_what_is_not_plain_data_was_not_raised(examined: Examining) -> None:
    result = examined("import array\ndef f(x): return array.array('i', [x])", **calls((1, [1])))
    assert (result.status, result.reason) == (
        "error",
        "f(1): what it returned cannot leave the sandbox: array is not plain data; its `.tolist()` is "
        "(plain are None, booleans, numbers, texts, bytes, and lists, tuples, sets and dicts of them)",
    )


def test_after_the_end_of_a_program_its_tests_are_skipped(examined: Examining) -> None:
    result = examined("def f(x):\n while x > 1: pass\n return x", **calls((1, 1), (2, 2), (3, 3)))
    assert (result.status, statuses(result)) == ("timeout", ["passed", "timeout", "skipped"])
    assert result.reason.startswith("f(2): ")


def test_a_program_that_does_not_load_is_an_error_of_its_own(examined: Examining) -> None:
    result = examined("def f(x) return x", **calls((1, 1), (2, 2)))
    assert (result.status, statuses(result)) == ("error", ["error", "skipped"])
    assert result.reason.startswith("SyntaxError")


def test_test_code_is_the_last_test(examined: Examining) -> None:
    passed = examined(F, test_code="def check(g):\n    assert g(1) == 2\n", **calls((1, 2)))
    assert (passed.status, statuses(passed)) == ("passed", ["passed", "passed"])
    failed = examined(F, entry_point="f", test_code="assert f(1) == 3\n")
    assert (failed.status, statuses(failed)) == ("failed", ["failed"])
    assert failed.reason.startswith("AssertionError")


def test_a_script_is_fed_and_its_output_compared(examined: Examining) -> None:
    pairs = {"stdin": ["1\n", "2\n", "x\n"], "stdout": ["2", "5", "0"]}
    result = examined("print(2 * int(input()))", **pairs)
    assert (result.status, statuses(result)) == ("failed", ["passed", "failed", "error"])
    assert result.reason == "test 2: stdout: line 1 is '4', not '5'"
    assert (result.tests[0].stdout, result.comparison) == ("2\n", "text/1 (lines)")
    assert all((test.wall or 0) > 0 for test in result.tests)


def test_what_has_nothing_to_be_compared_with_is_run_and_skipped(examined: Examining) -> None:
    result = examined("print(input() * 2)", stdin="ab")
    assert (result.status, result.reason) == ("skipped", "test 1: nothing was tested")
    assert result.stdout == "abab\n"


def test_without_tests_a_program_never_passes(examined: Examining) -> None:
    ended = examined("print('passed')")
    assert (ended.status, ended.reason, ended.stdout, ended.tests) == ("skipped", "nothing was tested", "passed\n", ())
    assert examined("1 // 0").status == "error"
    assert examined("while True: pass").status == "timeout"


def test_files_of_the_solution_lie_beside_it(examined: Examining) -> None:
    files = {"lib/more.py": "ONE = 1\n", "data.txt": "7"}
    program = "from lib.more import ONE\ndef f(x): return x + ONE + int(open('data.txt').read())\n"
    assert examined(program, files=files, **calls((1, 9))).reason == ""


def test_tests_in_the_programs_own_process_are_marked(examined: Examining) -> None:
    program = "class P:\n    pass\ndef f(): return P()\n"
    test_code = "def check(f):\n    assert isinstance(f(), P)\n"
    result = examined(program, entry_point="f", test_code=test_code, in_process=True)
    assert (result.status, result.cheatable) == ("passed", True)


def test_a_hostile_value_fails_and_nobody_waits_for_it(examined: Examining) -> None:
    program = "def f(x): return {(i * 1e-13, float((i + 1) % 7)) for i in range(4000)}"
    wanted = {"$python": repr({(i * 1e-13, float(i % 7)) for i in range(4000)})}
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    async def both() -> ProgramResult:
        ticking = asyncio.create_task(tick())
        spec = ProgramSpec.parse({"program": program, "comparison": {"abs_tolerance": 1e-3}, **calls((0, wanted))})
        result = await examine(spec, examined.sandbox)
        ticking.cancel()
        return result

    result = examined.runner.run(both())
    assert result.status == "failed"
    assert result.tests[0].error == "comparing it with the expected value takes too long"
    assert ticks > 5


def test_a_result_is_json_however_hostile_the_values(examined: Examining) -> None:
    programs = {
        "def f(x): return '\\ud800' * 10**5": "failed",
        "def f(x): return 10**9999": "failed",
        "def f(x): return float('nan')": "failed",
        "def f(x): raise ValueError('\\ud800\\x1b[31m' * 1000)": "error",
        "def f(x): return [[1] * 100] * 100": "failed",
    }
    for program, status in programs.items():
        result = examined(program, **calls((0, 1)))
        document = json.loads(json.dumps(result.as_json(), allow_nan=False))
        assert (document["status"], document["limits"]["cpu"]) == (status, 0.5)
        assert len(json.dumps(document["tests"])) < 3000


# What follows the real sandbox is not made to do.
def scripted(*results: ExecResult) -> tuple[Sandbox, list[Command]]:
    told: list[Command] = []

    async def execute(command: Command) -> ExecResult:
        told.append(command)
        return results[len(told) - 1]

    return execute, told


def test_a_broken_sandbox_dominates_and_ends_the_matter() -> None:
    sandbox, told = scripted(ExecResult("error", "its own fault"), ExecResult("infra_error", "ours"))
    pairs = tuple(ProgramTest(stdin=str(n), stdout="") for n in range(3))
    result = asyncio.run(examine(ProgramSpec(program="x", tests=pairs), sandbox))
    assert (result.status, statuses(result)) == ("infra_error", ["error", "infra_error", "skipped"])
    assert len(told) == 2


def test_a_sandbox_that_raises_is_our_fault_and_the_next_program_runs() -> None:
    async def short_of_files(_: Command) -> ExecResult:
        raise OSError(24, "Too many open files")

    result = asyncio.run(examine(ProgramSpec(program="x", test_code="assert x"), short_of_files))
    assert (result.status, result.reason) == (
        "infra_error",
        "the sandbox broke: OSError: [Errno 24] Too many open files",
    )


def test_a_bad_end_after_the_last_answer_is_no_pass() -> None:
    sandbox, _ = scripted(ExecResult("timeout", "at exit", calls=(CallResult(2),)))
    spec = ProgramSpec(program="x", entry_point="f", tests=(ProgramTest(args=(1,), expected=2),))
    result = asyncio.run(examine(spec, sandbox))
    assert (result.status, result.reason, statuses(result)) == ("timeout", "at exit", ["passed"])


def test_a_sandbox_that_swallows_calls_passes_nobody() -> None:
    sandbox, _ = scripted(ExecResult("completed"))
    spec = ProgramSpec(program="x", entry_point="f", tests=(ProgramTest(args=(1,), expected=2),))
    with pytest.raises(PluginError, match="answered 0 of 1 calls"):
        asyncio.run(examine(spec, sandbox))


def test_the_sandbox_is_told_everything_but_what_is_expected() -> None:
    done = ExecResult("completed", calls=(CallResult(2),))
    sandbox, told = scripted(done, ExecResult("completed", stdout="secret\n"), ExecResult("completed"))
    spec = ProgramSpec(
        program="x",
        entry_point="f",
        tests=(ProgramTest(args=(1,), expected="a secret"), ProgramTest(stdin="in", stdout="secret")),
        test_code="check",
        files={"a": "b"},
        in_process=True,
        limits=Limits(cpu=1),
    )
    asyncio.run(examine(spec, sandbox))
    assert "secret" not in repr(told)
    called, fed, coded = told
    assert all((command.files, command.limits) == ({"a": "b"}, Limits(cpu=1)) for command in told)
    assert (called.calls[0].args, fed.stdin, coded.test_code, coded.in_process) == ((1,), "in", "check", True)
