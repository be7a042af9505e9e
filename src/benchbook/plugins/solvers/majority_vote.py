"""Self-consistency (Wang et al. 2022): of several draws, the answer that most of them give."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Literal

from benchbook import Generate, GenerateConfig, Output, Sample, Solver, Use, Verifier, register, verifier
from benchbook.plugins.solvers.draws import Extract, Rule, all_opened, chosen, drawn, extraction, solvers_of

_ASK = Use(name="generate")
_NONE: tuple[int, ...] = ()


@register("solver")
def majority_vote(
    n: int = 5,
    extract: Extract = "answer",
    *,
    pattern: str | None = None,
    compare: Literal["auto", "text", "math"] = "auto",
    temperature: float = 0.7,
    solver: Use | tuple[Use, ...] = _ASK,
) -> AsyncIterator[Solver]:
    """The answer that most of `n` draws give, the first among equals; draws without an answer do not vote.

    Each draw is what `solver` gives at `temperature`; of several solvers (prompts, say) each draws in turn. Answers are
    what `extract` finds, or the first group of the last match of `pattern`. They are the same if they are one text but
    for case and blanks, or (`math`; `auto` takes it for `answer` and `number`) however mathematics writes them.
    """
    uses, rule = solvers_of(n, temperature, solver), extraction(extract, pattern)
    math = compare == "math" or (compare == "auto" and pattern is None and extract in {"answer", "number"})
    return _voting(uses, rule, temperature, verifier() if math else nullcontext())


async def _voting(
    uses: Sequence[Use], rule: Rule, temperature: float, opening: AbstractAsyncContextManager[Verifier | None]
) -> AsyncIterator[Solver]:
    n = len(uses)
    async with all_opened(uses) as solvers, opening as pool:

        async def solve(sample: Sample, generate: Generate) -> Output:
            outputs = await drawn(sample, generate, solvers, GenerateConfig(temperature=temperature))
            answers = [rule(output) for output in outputs]
            groups = await _groups(answers, pool)
            winners = max(groups, key=len, default=_NONE)
            votes = {at: len(group) for group in groups for at in group}
            best = chosen(outputs, winners[0] if winners else 0, answers, [votes.get(at, 0) / n for at in range(n)])
            return best.model_copy(update={"answer_rule": f"majority: {len(winners)} of {n}"})

        yield solve


async def _groups(answers: Sequence[str | None], pool: Verifier | None) -> list[list[int]]:
    """The places of answers that are the same, by their first place."""
    groups: list[list[int]] = []
    for at, answer in enumerate(answers):
        if answer is None:
            continue
        for group in groups:
            if await _same(answers[group[0]] or "", answer, pool):
                group.append(at)
                break
        else:
            groups.append([at])
    return groups


async def _same(one: str, other: str, pool: Verifier | None) -> bool:
    """Whether they are one text but for case and blanks; or, with a verifier, equal."""
    if " ".join(one.casefold().split()) == " ".join(other.casefold().split()):
        return True
    return pool is not None and (await pool.compare(one, other)).verdict == "equal"
