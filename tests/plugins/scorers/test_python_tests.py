"""The verdict on a program, in the real sandbox."""

import asyncio
from typing import Any

import pytest

from benchbook import (
    CallResult,
    Command,
    ExecResult,
    PluginError,
    Sample,
    Sandbox,
    SandboxUnavailable,
    SpecError,
    Use,
    Verdict,
    opened,
    preflight,
    register,
)
from benchbook.specs.commands import ExecStatus
from plugins.scorers.grading import generation, sample, verdict, verdicts

TOTAL = sample(
    {
        "entry_point": "total",
        "tests": ["total([1, 2]) == 3", "total([5]) == 5"],
        "hidden": ["total([]) == 0", "total([-1, 1]) == 0"],
    }
)


def said(program: str | None, **args: Any) -> tuple[float | None, str | None, str]:
    given = verdict(TOTAL, program, **args)
    assert given.error is None
    return given.value, given.label, given.explanation


def test_a_right_program_passes_and_the_trace_says_how() -> None:
    given = verdict(TOTAL, "def total(numbers):\n    print('adding')\n    return sum(numbers)\n")
    assert (given.value, given.label, given.explanation) == (1.0, "passed", "")
    tests = given.trace["tests"]
    assert isinstance(tests, list)
    assert [(test["status"], test["hidden"]) for test in tests if isinstance(test, dict)] == [
        ("passed", False),
        ("passed", False),
        ("passed", True),
        ("passed", True),
    ]
    assert str(given.trace["stdout"]).count("adding") == 4
    assert isinstance(given.trace["wall"], float)
    assert isinstance(given.trace["peak_memory"], int)
    assert given.trace["peak_memory"] > 0
    assert given.trace["comparison"] == "typed-values/3 (rel 1e-09, abs 1e-12)"
    assert str(given.trace["sandbox"]).startswith("ns")


def test_the_first_test_that_fails_is_quoted() -> None:
    assert said("def total(numbers):\n    return len(numbers)\n") == (0.0, "failed", "total([1, 2]) == 3: got 2")


def test_a_hidden_test_is_called_so() -> None:
    program = "def total(numbers):\n    if not numbers:\n        return None\n    return sum(numbers)\n"
    assert said(program) == (0.0, "failed", "hidden test total([]) == 0: got None")


def test_what_a_call_raised_is_told() -> None:
    program = "def total(numbers):\n    return sum(numbers) / len(numbers) * len(numbers) // 1 | 0\n"
    value, label, explanation = said(program)
    assert (value, label) == (0.0, "error")
    assert explanation.startswith("total([1, 2]) == 3: raised TypeError: unsupported operand")


def test_a_value_of_another_type_is_another_value() -> None:
    program = "def total(numbers):\n    return float(sum(numbers))\n"
    assert said(program) == (0.0, "failed", "total([1, 2]) == 3: got 3.0")
    assert said(program, int_equals_float=True)[1] == "passed"


def test_a_program_that_does_not_define_the_function_is_an_error() -> None:
    value, label, explanation = said("def add_up(numbers):\n    return sum(numbers)\n")
    assert (value, label) == (0.0, "error")
    assert explanation == "the program does not define the function `total`"


def test_a_program_that_does_not_parse_is_an_error() -> None:
    value, label, explanation = said("def total(numbers):\n    retrun sum(numbers)\n")
    assert (value, label) == (0.0, "error")
    assert explanation.startswith("SyntaxError")


def test_no_program_is_an_error_of_the_model() -> None:
    assert said(None) == (0.0, "error", "no code in the reply")


def test_an_endless_loop_is_a_timeout_at_its_test_and_the_rest_is_skipped() -> None:
    program = "def total(numbers):\n    while not numbers: pass\n    return sum(numbers)\n"
    given = verdict(TOTAL, program, limits={"cpu": 0.5})
    assert (given.value, given.label) == (0.0, "timeout")
    assert given.explanation.startswith("hidden test total([]) == 0: ")
    tests = given.trace["tests"]
    assert isinstance(tests, list)
    assert [test["status"] for test in tests if isinstance(test, dict)] == ["passed", "passed", "timeout", "skipped"]


def test_a_program_that_ends_itself_does_not_pass() -> None:
    for program in ("raise SystemExit(0)\n", "def total(numbers):\n    import os\n    os._exit(0)\n"):
        given = verdict(TOTAL, program)
        assert given.value == 0.0
        assert given.label != "passed"
        assert given.explanation


def test_a_huge_value_is_quoted_in_short() -> None:
    for value in ("'x' * 100_000", "10 ** 10_000"):
        _, label, explanation = said(f"def total(numbers):\n    return {value}\n")
        assert label == "failed"
        assert len(explanation) < 300


ASSERTED = sample({"entry_point": "half", "test_code": "import math\n\ndef check(f):\n    assert f(4) == 2\n"})


def test_test_code_decides_too() -> None:
    right, wrong, raising, missing = verdicts(
        [
            (ASSERTED, "def half(n):\n    return n / 2\n"),
            (ASSERTED, "def half(n):\n    return n\n"),
            (ASSERTED, "def half(n):\n    return n / 0\n"),
            (ASSERTED, "def whole(n):\n    return n\n"),
        ]
    )
    assert (right.value, right.label) == (1.0, "passed")
    assert (wrong.value, wrong.label) == (0.0, "failed")
    assert wrong.explanation.startswith("AssertionError (test line 4")
    assert (raising.value, raising.label) == (0.0, "error")
    assert raising.explanation.startswith("ZeroDivisionError")
    assert (missing.value, missing.label) == (0.0, "error")
    assert "half" in missing.explanation


DOUBLED = sample({"tests": [{"stdin": "2\n", "stdout": "4\n"}], "hidden": [{"stdin": "5\n", "stdout": "10\n"}]})


def test_a_script_is_judged_by_what_it_writes() -> None:
    right, wrong, raising = verdicts(
        [
            (DOUBLED, "print(2 * int(input()))\n"),
            (DOUBLED, "print(2 + int(input()))\n"),
            (DOUBLED, "print(2 * int(input()) // 0)\n"),
        ]
    )
    assert (right.value, right.label) == (1.0, "passed")
    assert right.trace["comparison"] == "text/1 (lines)"
    assert (wrong.value, wrong.label) == (0.0, "failed")
    assert wrong.explanation == "hidden test stdin '5\\n': stdout: line 1 is '7', not '10'"
    assert (raising.value, raising.label) == (0.0, "error")
    assert "ZeroDivisionError" in raising.explanation


def test_how_outputs_compare_is_the_tasks() -> None:
    program = "print(2 * int(input()) + 1e-9)\n"
    assert verdict(DOUBLED, program).label == "failed"
    assert verdict(DOUBLED, program, stdout="numbers").label == "passed"


def test_a_solution_may_have_more_files() -> None:
    target = {"entry_point": "f", "tests": ["f(1) == 3"], "files": {"lib/more.py": "TWO = 2\n"}}
    given = verdict(sample(target), "from lib.more import TWO\ndef f(x):\n    return x + TWO\n")
    assert (given.value, given.explanation) == (1.0, "")


def test_tests_in_the_programs_own_process_can_be_cheated_and_say_so() -> None:
    target = {"entry_point": "P", "test_code": "assert isinstance(P(1).twice(), P)\n", "in_process": True}
    program = "class P:\n    def __init__(self, x): self.x = x\n    def twice(self): return P(2 * self.x)\n"
    given = verdict(sample(target), program)
    assert (given.label, given.trace["cheatable"]) == ("passed", True)
    assert verdict(TOTAL, "def total(numbers):\n    return sum(numbers)\n").trace["cheatable"] is False


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ({"tests": ["f(1) == 1"]}, "is not of the form an object"),
        ({"entry_point": "f", "tests": ["f(1) == 1"], "files": {"../x": ""}}, "files: '../x' is no path"),
        ({"entry_point": "f", "tests": ["f(1) == 1"], "in_process": "yes"}, "in_process: expected a valid boolean"),
        (None, "its target needs `entry_point`"),
        ({"entry_point": "f"}, "its target needs `entry_point`"),
        ({"entry_point": "f", "tests": []}, "its target needs `entry_point`"),
        ({"entry_point": "f", "tests": ["f(1) == 1", "f(2)"]}, r"'f\(2\)' is not of the form"),
        ({"entry_point": "f", "tests": ["f(1) == 1"], "hidden": ["f(1) > 0"]}, "is not of the form"),
    ],
)
def test_a_sample_that_cannot_be_tested_is_named(target: Any, what: str) -> None:
    with pytest.raises(SpecError, match=f"sample 'a sample' cannot be tested: .*{what}"):
        verdict(sample(target), "def f(x):\n    return x\n")


# A sandbox of the tests' own, for what the real one is not made to do.
@register("sandbox", "scripted")
def scripted(status: ExecStatus, calls: int = 0) -> Sandbox:
    async def execute(_: Command) -> ExecResult:
        results = (CallResult(3), CallResult(5), CallResult(0), CallResult(0))[:calls]
        return ExecResult(status, "as it was told", results)

    return execute


def cannot_start() -> None:
    raise SandboxUnavailable("there is no sandbox here; install one")


@register("sandbox", "absent", preflight=cannot_start)
def absent() -> Sandbox:
    raise SandboxUnavailable("there is no sandbox here; install one")


def scripted_verdict(status: str, calls: int = 0) -> Verdict:
    return verdict(TOTAL, "x = 1\n", sandbox={"scripted": {"status": status, "calls": calls}})


def test_a_broken_sandbox_leaves_an_error_not_a_zero() -> None:
    given = scripted_verdict("infra_error", calls=2)
    assert (given.value, given.label) == (None, None)
    assert given.error == "the sandbox broke: as it was told"


@pytest.mark.parametrize("status", ["timeout", "memory", "output_limit", "crash", "violation", "protocol_error"])
def test_every_way_to_end_is_a_label_of_its_own(status: str) -> None:
    for calls in (0, 2, 4):
        given = scripted_verdict(status, calls)
        assert (given.value, given.label) == (0.0, status)
        assert given.explanation.endswith("as it was told")


def test_a_wrong_value_before_the_end_is_told_first() -> None:
    other = sample({"entry_point": "total", "tests": ["total([1]) == 1", "total([2]) == 2"]})
    given = verdict(other, "x = 1\n", sandbox={"scripted": {"status": "timeout", "calls": 1}})
    assert (given.label, given.explanation) == ("failed", "total([1]) == 1: got 3")


def test_a_sandbox_that_swallows_calls_passes_nobody() -> None:
    with pytest.raises(PluginError, match="answered 2 of 4 calls"):
        scripted_verdict("completed", calls=2)


def test_without_a_sandbox_nothing_begins() -> None:
    with pytest.raises(SandboxUnavailable, match="install one"):
        preflight("scorer", Use(name="python-tests", args={"sandbox": "absent"}))
    preflight("scorer", Use(name="python-tests"))


def test_samples_are_scored_at_the_same_time() -> None:
    async def score_some(count: int) -> list[Verdict]:
        async with opened("scorer", Use(name="python-tests")) as score:
            right = generation("def total(numbers):\n    return sum(numbers)\n")
            return list(await asyncio.gather(*(score(TOTAL, right) for _ in range(count))))

    assert [given.label for given in asyncio.run(score_some(20))] == ["passed"] * 20


def test_what_the_sandbox_is_told_holds_no_expected_value() -> None:
    told: list[Command] = []

    @register("sandbox", "listening")
    def listening() -> Sandbox:
        async def execute(command: Command) -> ExecResult:
            told.append(command)
            return ExecResult("error", "heard")

        return execute

    secret = sample({"entry_point": "f", "tests": ["f(1) == 'a secret'"], "hidden": ["f(2) == 'another secret'"]})
    verdict(secret, "def f(x): ...\n", sandbox="listening")
    assert isinstance(secret, Sample)
    assert len(told) == 1
    assert "secret" not in repr(told)
