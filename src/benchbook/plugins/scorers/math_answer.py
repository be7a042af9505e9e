"""Whether the final answer of a reply is the expected one, however either is written."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from benchbook import Generation, Policy, Sample, Scorer, SpecError, Verdict, Verification, Verifier, register, verifier

_POLICY = Policy()
_VALUES = {"equal": 1.0, "different": 0.0}


@register("scorer")
async def math_answer(
    policy: Policy = _POLICY, *, seconds: float = 1.5, megabytes: int = 512, targets: Literal["any", "all"] = "any"
) -> AsyncIterator[Scorer]:
    """1 if the final answer equals the target (or any of several targets; or `all`: every one), 0 if it differs.

    Where neither can be said, the sample is unscored: its score has an error, and no value.
    """
    async with verifier(seconds=seconds, megabytes=megabytes) as pool:
        yield _MathAnswer(pool, policy, targets, {"policy": policy.name, **pool.facts})


@dataclass(frozen=True)
class _MathAnswer:
    """The scorer; its facts are its policy and its limits."""

    pool: Verifier
    policy: Policy
    targets: Literal["any", "all"]
    facts: Mapping[str, str]

    async def __call__(self, sample: Sample, generation: Generation) -> Verdict:
        golds = _targets(sample)
        if generation.output is None:
            return Verdict(error=f"sample {sample.key!r} has no answer")
        output = generation.output
        reply = output.text if output.answer is None else output.answer
        found = [await self.pool.verify(gold, reply, self.policy) for gold in golds]
        return _verdict(golds, found, self.targets)


def _targets(sample: Sample) -> list[str]:
    targets = sample.target if isinstance(sample.target, list) else [sample.target]
    texts = [
        str(target) for target in targets if isinstance(target, str | int | float) and not isinstance(target, bool)
    ]
    if not texts or len(texts) != len(targets):
        raise SpecError(f"sample {sample.key!r}: math-answer needs a target that is a text, a number or a list of them")
    return texts


def _verdict(golds: Sequence[str], found: Sequence[Verification], targets: Literal["any", "all"]) -> Verdict:
    """The verdict that decides: of several targets, the best; or the worst, if all must be met."""
    order = ["equal", "undecided", "different"] if targets == "any" else ["different", "undecided", "equal"]
    gold, best = min(zip(golds, found, strict=True), key=lambda pair: order.index(pair[1].verdict))
    trace = {**best.as_json(), "extraction": best.extraction, "comparison": best.comparison, "expected": gold[:500]}
    if best.verdict == "undecided":
        return Verdict(error=f"undecided: {best.reason}"[:500], trace=trace)
    explanation = "" if best.verdict == "equal" else f"{best.answer[:100]!r} is not {gold[:100]!r}: {best.reason}"[:500]
    return Verdict(value=_VALUES[best.verdict], label=best.verdict, explanation=explanation, trace=trace)
