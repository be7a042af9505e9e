"""Whether the answer that was chosen among several, or was the likeliest, is the right one."""

import math
import string
from collections.abc import Sequence
from typing import Literal

from pydantic import JsonValue

from benchbook import Generation, Output, Sample, Scorer, SpecError, Verdict, register
from benchbook.plugins.solvers.choices import chosen, letters, right
from benchbook.plugins.solvers.multiple_choice import RULES


@register("scorer")
def multiple_choice(*, ties: Literal["first", "shared"] = "first") -> Scorer:
    """`acc`: whether the likeliest choice is the right one. `acc_norm`, where texts were weighed: the same, of
    log-likelihoods divided by the number of characters, as in lm-evaluation-harness. Where the model spoke, `acc` is
    whether the letter that it came to is the right one.

    Among equally likely choices the first counts, as it does there; or, `shared`, each by its share, so that a model
    that finds everything alike gets what guessing gets.
    """

    def score(sample: Sample, generation: Generation) -> Sequence[Verdict]:
        if generation.output is None:
            return (Verdict(error=f"sample {sample.key!r} has no answer"),)
        output, choices = generation.output, sample.row.choices
        if not output.likelihoods:
            return (_said(sample, output),)
        logprobs = [each.logprob for each in output.likelihoods]
        if len(logprobs) != len(choices):
            raise SpecError(f"sample {sample.key!r} has {len(choices)} choices, of which {len(logprobs)} were weighed")
        if any(math.isnan(logprob) for logprob in logprobs):
            return (Verdict(error="the model gave no number for a choice (NaN); try another dtype"),)
        place = right(sample.row)
        verdict = _verdict("acc", logprobs, place, ties)
        if output.answer_rule == RULES["letters"]:
            return (verdict,)
        normal = [logprob / max(1, len(choice)) for logprob, choice in zip(logprobs, choices, strict=True)]
        return (verdict, _verdict("acc_norm", normal, place, ties))

    return score


def _said(sample: Sample, output: Output) -> Verdict:
    """Whether the letter that the model says is the right one's."""
    found = chosen(output.text if output.answer is None else output.answer, sample.row)
    expected = letters(sample.row)[right(sample.row)]
    if found is None:
        return Verdict(name="acc", value=0.0, label="no answer", explanation=f"no letter was found; it is {expected}")
    letter, rule = found
    trace: dict[str, JsonValue] = {"answer": letter, "rule": output.answer_rule or rule}
    if letter == expected:
        return Verdict(name="acc", value=1.0, label="right", trace=trace)
    return Verdict(name="acc", value=0.0, label="wrong", explanation=f"chose {letter}, not {expected}", trace=trace)


def _verdict(name: str, weights: Sequence[float], place: int, ties: str) -> Verdict:
    best = [at for at, weight in enumerate(weights) if weight == max(weights)]
    counted = best[:1] if ties == "first" else best
    value = 1 / len(counted) if place in counted else 0.0
    chosen = " or ".join(map(_named, counted))
    shown: list[JsonValue] = [weight if math.isfinite(weight) else None for weight in weights]
    return Verdict(
        name=name,
        value=value,
        label="right" if place in counted else "wrong",
        explanation="" if value == 1 else f"chose {chosen}, not {_named(place)}",
        trace={"weights": shown, "equally_likely": len(best)},
    )


def _named(place: int) -> str:
    """A choice by its letter, or by its number where there are more than letters."""
    return string.ascii_uppercase[place] if place < len(string.ascii_uppercase) else f"choice {place + 1}"
