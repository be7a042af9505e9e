"""Whether what a pattern finds in the answer is the expected text."""

import re
from collections import deque
from collections.abc import Sequence
from typing import Literal

from pydantic import JsonValue

from benchbook import Generation, Sample, Scorer, Spec, SpecError, Verdict, register
from benchbook.plugins.scorers.references import references

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
        name: (_compiled(given if isinstance(given, str) else given.pattern, "patterns", name), _takes(given))
        for name, given in patterns.items()
    }
    ignored = [_compiled(each, "ignore") for each in ignore]

    def normal(text: str) -> str:
        for each in ignored:
            text = each.sub("", text)
        return text.lower() if ignore_case else text

    def score(sample: Sample, generation: Generation) -> Sequence[Verdict]:
        targets = references(sample, "pattern-match")
        if generation.output is None:
            return [Verdict(name=name, error=f"sample {sample.key!r} has no answer") for name in searches]
        output = generation.output
        reply = output.text if output.answer is None else output.answer
        wanted = [normal(target) for target in targets]
        verdicts = []
        for name, (pattern, take) in searches.items():
            found = _found(pattern, take, reply)
            equal = found is not None and normal(found) in wanted
            verdicts.append(_verdict(name, found, targets, equal=equal))
        return verdicts

    return score


def _compiled(pattern: str, *field: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as err:
        raise SpecError(f"{pattern!r} is no regular expression: {err}", field=list(field)) from None


def _takes(given: Pattern | str) -> Literal["first", "last"]:
    return "first" if isinstance(given, str) else given.take


def _found(pattern: re.Pattern[str], take: Literal["first", "last"], reply: str) -> str | None:
    places = pattern.finditer(reply)
    found = next(places, None) if take == "first" else next(iter(deque(places, maxlen=1)), None)
    if found is None:
        return None
    answer = next(filter(None, found.groups()), "") if found.re.groups else found[0]
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
