"""A program through its tests: run in a sandbox, compared out here."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace

from benchbook.errors import BenchbookError, PluginError
from benchbook.protocols import Sandbox
from benchbook.specs.commands import Call, CallResult, Command, ExecResult, TestStatus
from benchbook.specs.comparison import Comparison, TextComparison, TooManySteps
from benchbook.specs.programs import Outcome, ProgramResult, ProgramSpec, ProgramTest
from benchbook.specs.quoting import quoted, shortened

_KEPT = 2000
"""Characters of what a script wrote that its test repeats."""
_SHOWN = 8192
"""Characters of it that the result repeats, from the beginning and from the end."""
_AT_ONCE = 2000
"""Steps of a comparison that are made without giving way to others."""
_LARGE = 1 << 16
"""Characters of a text from which on it is compared beside the event loop."""
_NO_VALUE = (
    "what it returned cannot leave the sandbox: {} "
    "(plain are None, booleans, numbers, texts, bytes, and lists, tuples, sets and dicts of them)"
)
_UNTESTED = "nothing was tested"


async def examine(program: ProgramSpec, sandbox: Sandbox) -> ProgramResult:
    """Run the program through all its tests. What it gives is compared here, where it cannot reach."""
    runs = [run async for run in _runs(program, _unbroken(sandbox))]
    # Our own failure says nothing about the program, whatever else happened.
    decided = min(runs, key=lambda run: (run.status != "infra_error", run.status == "passed", run.at))
    outcomes = {at: outcome for run in runs for at, outcome in run.outcomes.items()}
    number = len(program.tests) + (program.test_code is not None)
    return ProgramResult(
        id=program.id,
        status=decided.status,
        reason=decided.reason,
        tests=tuple(outcomes.get(at, Outcome("skipped")) for at in range(number)),
        stdout=decided.result.stdout,
        stderr=decided.result.stderr,
        cpu=sum(run.result.cpu for run in runs),
        wall=sum(run.result.wall for run in runs),
        peak_memory=max(run.result.peak_memory for run in runs),
        sandbox=decided.result.sandbox,
        cheatable=any(run.result.cheatable for run in runs),
        comparison="; ".join(_rules(program)),
        limits=program.limits,
    )


def _unbroken(sandbox: Sandbox) -> Sandbox:
    """The sandbox, where a fault of its own is an answer as well: of many programs, the others go on."""

    async def execute(command: Command) -> ExecResult:
        try:
            return await sandbox(command)
        except BenchbookError:
            raise
        except Exception as err:  # noqa: BLE001 - whatever breaks, it is not the program's fault
            return ExecResult("infra_error", f"the sandbox broke: {type(err).__name__}: {err}")

    return execute


@dataclass(frozen=True)
class _Run:
    """One command that was carried out, and what it showed."""

    result: ExecResult
    outcomes: Mapping[int, Outcome]
    """By the number of the test."""
    status: TestStatus
    reason: str = ""
    at: int = 0
    """The test that decided."""


async def _runs(program: ProgramSpec, sandbox: Sandbox) -> AsyncIterator[_Run]:
    """The runs that the tests need, up to one in which the sandbox broke."""
    calls = {at: test for at, test in enumerate(program.tests) if test.is_call}
    if calls:
        run = await _called(program, calls, sandbox)
        yield run
        if run.status == "infra_error":
            return
    for at, test in enumerate(program.tests):
        if not test.is_call:
            run = await _as_script(program, at, test, sandbox)
            yield run
            if run.status == "infra_error":
                return
    if program.test_code is not None:
        yield await _by_code(program, sandbox)
    elif not program.tests:
        yield await _untested(program, sandbox)


async def _called(program: ProgramSpec, tests: Mapping[int, ProgramTest], sandbox: Sandbox) -> _Run:
    """The program, with all its calls in one run."""
    entry_point = str(program.entry_point)
    calls = tuple(Call(entry_point, test.args, test.kwargs) for test in tests.values())
    result = await sandbox(
        Command(program.program, calls, entry_point=entry_point, files=program.files, limits=program.limits)
    )
    made = len(result.calls)
    if result.status == "completed" and made != len(tests):
        raise PluginError(f"the sandbox answered {made} of {len(tests)} calls, and not why")
    outcomes = {
        at: await _of_call(test, call, program.comparison)
        for (at, test), call in zip(tests.items(), result.calls, strict=False)
    }
    kept = replace(result, calls=())
    unanswered = list(tests)[made:]
    if result.status != "completed" and unanswered:
        outcomes[unanswered[0]] = Outcome(result.status, error=result.reason)
    for at, outcome in outcomes.items():
        if result.status != "infra_error" and outcome.status != "passed":
            # Before the first answer, it may be the fault of any line of the program.
            text = _reason(entry_point, tests[at], outcome) if result.calls else result.reason
            return _Run(kept, outcomes, outcome.status, text, at)
    if result.status == "completed":
        return _Run(kept, outcomes, "passed")
    return _Run(kept, outcomes, result.status, result.reason, max(tests))


async def _of_call(test: ProgramTest, call: CallResult, comparison: Comparison) -> Outcome:
    if call.error is not None:
        said = _NO_VALUE.format(call.error) if call.opaque else f"raised {call.error}"
        return Outcome("error", expected=quoted(test.expected), error=shortened(said))
    try:
        if await _matches(call.value, test.expected, comparison):
            return Outcome("passed")
        undecided = ""
    except TooManySteps as err:
        undecided = str(err)
    return Outcome("failed", quoted(call.value), quoted(test.expected), undecided)


async def _matches(value: object, expected: object, comparison: Comparison) -> bool:
    """Whether they match; TooManySteps if that takes too long. What takes a while is done beside the event loop."""
    try:
        return comparison.matches(value, expected, steps=_AT_ONCE)
    except TooManySteps:
        return await asyncio.to_thread(comparison.matches, value, expected)


def _reason(entry_point: str, test: ProgramTest, outcome: Outcome) -> str:
    """`total([1, 2]): got 2, not 3`, or how it ended instead."""
    named = (f"{name}={quoted(value, 80)}" for name, value in test.kwargs.items())
    call = f"{entry_point}({', '.join([*(quoted(value, 80) for value in test.args), *named])})"
    ended = outcome.error or f"got {outcome.got}, not {outcome.expected}"
    return f"{shortened(call)}: {ended}"


async def _as_script(program: ProgramSpec, at: int, test: ProgramTest, sandbox: Sandbox) -> _Run:
    """The program as a script, with what comes in by standard input."""
    result = await sandbox(Command(program.program, stdin=test.stdin or "", files=program.files, limits=program.limits))
    outcome = replace(
        await _of_output(test, result, program.stdout_comparison),
        stdout=shortened(result.stdout, _KEPT),
        cpu=result.cpu,
        wall=result.wall,
    )
    kept = replace(result, stdout=_shown(result.stdout))
    said = outcome.error or (_UNTESTED if outcome.status == "skipped" else "")
    return _Run(kept, {at: outcome}, outcome.status, f"test {at + 1}: {said}" if said else "", at)


async def _of_output(test: ProgramTest, result: ExecResult, comparison: TextComparison) -> Outcome:
    if result.status != "completed":
        return Outcome(result.status, error=result.reason)
    if test.stdout is None:
        return Outcome("skipped")
    if len(result.stdout) > _LARGE:
        difference = await asyncio.to_thread(comparison.difference, result.stdout, test.stdout)
    else:
        difference = comparison.difference(result.stdout, test.stdout)
    if difference is None:
        return Outcome("passed")
    return Outcome("failed", quoted(result.stdout), quoted(test.stdout), f"stdout: {difference}")


async def _by_code(program: ProgramSpec, sandbox: Sandbox) -> _Run:
    """The program, with code that tests it."""
    result = await sandbox(
        Command(
            program.program,
            test_code=program.test_code,
            entry_point=program.entry_point,
            files=program.files,
            in_process=program.in_process,
            limits=program.limits,
        )
    )
    at = len(program.tests)
    outcome = _of_code(result)
    return _Run(result, {at: outcome}, outcome.status, outcome.error, at)


def _of_code(result: ExecResult) -> Outcome:
    if result.status != "completed":
        return Outcome(result.status, error=result.reason)
    if result.test_error is None:
        return Outcome("passed")
    asserted = result.test_error.startswith("AssertionError")
    return Outcome("failed" if asserted else "error", error=shortened(result.test_error))


async def _untested(program: ProgramSpec, sandbox: Sandbox) -> _Run:
    """The program as a script, for what it does by itself: it never passes."""
    result = await sandbox(Command(program.program, stdin="", files=program.files, limits=program.limits))
    kept = replace(result, stdout=_shown(result.stdout))
    if result.status == "completed":
        return _Run(kept, {}, "skipped", _UNTESTED)
    return _Run(kept, {}, result.status, result.reason)


def _rules(program: ProgramSpec) -> Iterator[str]:
    """The comparison rules that the tests use."""
    if any(test.is_call for test in program.tests) or program.test_code is not None:
        yield program.comparison.rule
    if any(test.stdout is not None for test in program.tests):
        yield program.stdout_comparison.name


def _shown(text: str) -> str:
    """The beginning and the end of a text, with a mark where it is left out."""
    left_out = len(text) - 2 * _SHOWN
    return f"{text[:_SHOWN]}\n… {left_out} characters left out …\n{text[-_SHOWN:]}" if left_out > 0 else text
