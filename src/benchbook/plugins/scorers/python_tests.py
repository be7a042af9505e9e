"""Objective correctness: the program runs in a sandbox, and what it gives is compared out here."""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchbook import (
    CallResult,
    Command,
    ExecResult,
    Generation,
    Limits,
    PluginError,
    Sample,
    Scorer,
    SpecError,
    Use,
    Verdict,
    opened,
    preflight,
    register,
)
from benchbook.plugins.scorers.comparison import Comparison
from benchbook.plugins.scorers.expectations import Expectation, expectations

_NAMESPACES = Use(name="ns")
_LIMITS = Limits()
_QUOTED = 200
"""Characters of a test, value or error that a verdict repeats."""


def _can_start(sandbox: Use, **_: Any) -> None:
    preflight("sandbox", sandbox)


@register("scorer", preflight=_can_start)
async def python_tests(
    sandbox: Use = _NAMESPACES,
    limits: Limits = _LIMITS,
    *,
    rel_tolerance: float = 1e-9,
    abs_tolerance: float = 1e-12,
    int_equals_float: bool = False,
) -> AsyncIterator[Scorer]:
    """1 if the extracted program passes every test of its sample, else 0; the label says how it ended."""
    comparison = Comparison(rel_tolerance, abs_tolerance, int_equals_float)
    async with opened("sandbox", sandbox) as execute:

        async def score(sample: Sample, generation: Generation) -> Verdict:
            exam = _exam(sample)
            program = generation.output.answer if generation.output else None
            if program is None:
                return Verdict(value=0.0, label="error", explanation="no code in the reply")
            result = await execute(exam.command(program, limits))
            return _verdict(result, _outcomes(exam, result, comparison), comparison)

        yield score


@dataclass(frozen=True)
class _Exam:
    """What a sample asks of a program: calls with expected values, or code that tests it."""

    entry_point: str
    expectations: Sequence[Expectation] = ()
    test_code: str | None = None

    def command(self, program: str, limits: Limits) -> Command:
        calls = tuple(expectation.call for expectation in self.expectations)
        return Command(program, calls, self.test_code, self.entry_point, limits)


@dataclass(frozen=True)
class _Outcome:
    """How one test went."""

    test: str
    status: str
    hidden: bool = False
    got: str = ""
    """The value that was not the expected one."""
    error: str = ""
    """What the call raised, or how the program ended before it answered."""


def _exam(sample: Sample) -> _Exam:
    """The sample's target, read; SpecError if a program cannot be tested by it."""
    match sample.target:
        case {"entry_point": str(entry_point), "test_code": str(test_code)}:
            return _Exam(entry_point, test_code=test_code)
        case {"entry_point": str(entry_point), "tests": [first, *others], **rest}:
            hidden: Any = rest.get("hidden", [])
            try:
                tests = expectations([first, *others], entry_point) + expectations(hidden, entry_point, hidden=True)
                return _Exam(entry_point, tests)
            except SpecError as err:
                raise SpecError(f"sample {sample.key!r}: {err}") from None
        case _:
            raise SpecError(
                f"sample {sample.key!r} cannot be tested: its target needs `entry_point` and either `tests`, "
                "a list of `f(…) == value`, or `test_code`"
            )


def _outcomes(exam: _Exam, result: ExecResult, comparison: Comparison) -> list[_Outcome]:
    """How every test went, in order. Tests that are code are one test."""
    if exam.test_code is not None:
        return [_outcome_of_code(result)]
    if result.status == "completed" and len(result.calls) != len(exam.expectations):
        raise PluginError(f"the sandbox answered {len(result.calls)} of {len(exam.expectations)} calls, and not why")
    made = [_outcome(test, call, comparison) for test, call in zip(exam.expectations, result.calls, strict=False)]
    return [*made, *_unanswered(exam.expectations[len(made) :], result)]


def _outcome(test: Expectation, call: CallResult, comparison: Comparison) -> _Outcome:
    text = _short(test.text)
    if call.error is not None:
        return _Outcome(text, "error", test.hidden, error=_short(f"raised {call.error}"))
    if comparison.matches(call.value, test.expected):
        return _Outcome(text, "passed", test.hidden)
    return _Outcome(text, "failed", test.hidden, got=_short(_quoted(call.value)))


def _unanswered(tests: Sequence[Expectation], result: ExecResult) -> Iterator[_Outcome]:
    """The test at which the program ended, and those that had no turn."""
    if result.status == "completed":
        return
    # Nothing was called yet, or everything was: then it is not the fault of a test.
    at = _short(tests[0].text) if tests and result.calls else ""
    yield _Outcome(at, result.status, bool(tests and tests[0].hidden), error=result.reason)
    yield from (_Outcome(_short(test.text), "skipped", test.hidden) for test in tests[1 if at else 0 :])


def _outcome_of_code(result: ExecResult) -> _Outcome:
    if result.status != "completed":
        return _Outcome("", result.status, error=result.reason)
    if result.test_error is None:
        return _Outcome("", "passed")
    status = "failed" if result.test_error.startswith("AssertionError") else "error"
    return _Outcome("", status, error=_short(result.test_error))


def _verdict(result: ExecResult, outcomes: Sequence[_Outcome], comparison: Comparison) -> Verdict:
    """The first test that did not pass gives the label."""
    if result.status == "infra_error":
        return Verdict(error=f"the sandbox broke: {result.reason}")
    first = next((outcome for outcome in outcomes if outcome.status != "passed"), None)
    trace: dict[str, Any] = {
        "tests": [asdict(outcome) for outcome in outcomes],
        "stdout": result.stdout,
        "stderr": result.stderr,
        "cpu": result.cpu,
        "wall": result.wall,
        "peak_memory": result.peak_memory,
        "sandbox": result.sandbox,
        "comparison": comparison.rule,
    }
    if first is None:
        return Verdict(value=1.0, label="passed", trace=trace)
    return Verdict(value=0.0, label=first.status, explanation=_said(first), trace=trace)


def _said(outcome: _Outcome) -> str:
    """`total([]) == 0: got None`, or how it ended instead."""
    test = f"hidden test {outcome.test}" if outcome.hidden else outcome.test
    ended = f"got {outcome.got}" if outcome.got else outcome.error or outcome.status
    return f"{test}: {ended}" if outcome.test else ended


def _quoted(value: Any) -> str:
    try:
        return repr(value)
    except ValueError:
        return "a number too long to write"


def _short(text: str) -> str:
    return text if len(text) <= _QUOTED else text[: _QUOTED - 1] + "…"
