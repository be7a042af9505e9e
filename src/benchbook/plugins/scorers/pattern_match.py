"""Whether what a pattern finds in the answer is the expected text."""

from collections import deque
from collections.abc import Sequence
from typing import Literal

from pydantic import JsonValue

from benchbook import BenchbookError, Generation, Sample, Scorer, Spec, SpecError, Verdict, register
from benchbook.plugins.scorers.references import references
from benchbook.plugins.solvers.expressions import Expression

_LONGEST = 1000
"""Characters of what is found that are compared."""


class Pattern(Spec):
    """Where an answer is found. The short spelling is the pattern alone."""

    pattern: str
    """Of Python's `re`; the answer is its first group that holds anything, or all of it."""
    take: Literal["first", "last"] = "first"


@register("scorer")
def pattern_match(
    patterns: dict[str, Pattern | str], *, ignore: tuple[str, ...] = (), ignore_case: bool = False
) -> Scorer:
    """For each of `patterns`, by its name: 1 if what it finds in the reply equals the target, or one of several.

    What the patterns `ignore` match is taken out of both before. Filters and `exact_match` of lm-evaluation-harness are
    written so.
    """
    if not patterns:
        raise SpecError("say what is looked for: {name: pattern}", field=["patterns"])
    searches = {
        name: (Expression(given if isinstance(given, str) else given.pattern, "patterns", name), _takes(given))
        for name, given in patterns.items()
    }
    ignored = [Expression(each, "ignore") for each in ignore]

    def normal(text: str) -> str:
        for each in ignored:
            text = each.without(text)
        return text.lower() if ignore_case else text

    def score(sample: Sample, generation: Generation) -> Sequence[Verdict]:
        targets = references(sample, "pattern-match")
        if generation.output is None:
            return [Verdict(name=name, error=f"sample {sample.key!r} has no answer") for name in searches]
        output = generation.output
        reply = output.text if output.answer is None else output.answer
        wanted = [normal(target) for target in targets]

        def verdict(name: str, expression: Expression, take: Literal["first", "last"]) -> Verdict:
            try:
                found = _found(expression, take, reply)
                equal = found is not None and normal(found) in wanted
            except BenchbookError as err:
                return Verdict(name=name, error=str(err))
            return _verdict(name, found, targets, equal=equal)

        return [verdict(name, *search) for name, search in searches.items()]

    return score


def _takes(given: Pattern | str) -> Literal["first", "last"]:
    return "first" if isinstance(given, str) else given.take


def _found(expression: Expression, take: Literal["first", "last"], reply: str) -> str | None:
    places = expression.matches(reply)
    found = next(places, None) if take == "first" else next(iter(deque(places, maxlen=1)), None)
    if found is None:
        return None
    answer = next(filter(None, found.groups()), "") if expression.groups else found[0]
    return answer[:_LONGEST].strip()


def _verdict(name: str, found: str | None, targets: Sequence[str], *, equal: bool) -> Verdict:
    if equal:
        return Verdict(name=name, value=1.0, label="match", trace=_trace(found))
    if found is None:
        return Verdict(name=name, value=0.0, label="no answer", explanation="the pattern finds nothing")
    expected = " or ".join(map(repr, targets))
    explanation = f"found {found[:100]!r}, expected {expected}"[:500]
    return Verdict(name=name, value=0.0, label="no match", explanation=explanation, trace=_trace(found))


def _trace(found: str | None) -> dict[str, JsonValue]:
    return {"answer": found or ""}
