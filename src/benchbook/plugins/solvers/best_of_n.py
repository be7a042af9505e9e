"""Of several draws, the best by a rule that does not know the right answer."""

import math
import re
from collections.abc import AsyncIterator, Sequence
from inspect import isawaitable
from typing import Literal

from benchbook import (
    Generate,
    GenerateConfig,
    Generation,
    Message,
    Output,
    Prompt,
    RuntimeFailed,
    Sample,
    Scorer,
    Solver,
    SpecError,
    Use,
    Verdict,
    build,
    opened,
    register,
)
from benchbook.plugins.solvers.draws import all_opened, chosen, drawn, solvers_of
from benchbook.plugins.solvers.replies import spoken

_ASK = Use(name="generate")
_SHOWN = 6_000
"""Characters of a draw that the model is shown when it chooses."""
_CHOOSE = (
    "Here are {n} answers to the same question.\n\n"
    "Question:\n{question}\n\n{answers}\n\n"
    "Which answer is the best? Reply with its number only, from 1 to {n}."
)

By = Literal["logprob", "total_logprob", "shortest", "longest", "model"]


@register("solver")
def best_of_n(
    n: int = 5,
    by: By | None = None,
    *,
    verifier: Use | None = None,
    score: str | None = None,
    temperature: float = 0.7,
    solver: Use | tuple[Use, ...] = _ASK,
) -> AsyncIterator[Solver]:
    """The best of `n` draws, the first among equals, by a rule that never sees the target.

    `logprob` (unless told otherwise) is the mean log-probability of a draw's tokens, `total_logprob` their sum,
    `shortest` and `longest` go by characters; `model` shows all draws to the same model at temperature 0, and takes the
    one that it names. In place of these a scorer may be the `verifier`: its first `score`, or the one that is named.
    """
    uses = solvers_of(n, temperature, solver)
    if verifier is None:
        if score is not None:
            raise SpecError("`score` names a score of a `verifier`, and there is none", field=["score"])
        return _choosing(uses, by or "logprob", temperature)
    if by is not None:
        raise SpecError("give either `by` or a `verifier`", field=["by"])
    build("scorer", verifier)
    return _verifying(uses, verifier, score, temperature)


async def _choosing(uses: Sequence[Use], by: By, temperature: float) -> AsyncIterator[Solver]:
    n, logprobs = len(uses), 0 if by in {"logprob", "total_logprob"} else None
    config = GenerateConfig(temperature=temperature, logprobs=logprobs)
    async with all_opened(uses) as solvers:

        async def solve(sample: Sample, generate: Generate) -> Output:
            outputs = await drawn(sample, generate, solvers, config)
            if by == "model" and n > 1:
                return await _named_best(sample, generate, outputs)
            return _best(outputs, [_worth(output, by) for output in outputs], by)

        yield solve


async def _verifying(uses: Sequence[Use], use: Use, score: str | None, temperature: float) -> AsyncIterator[Solver]:
    config = GenerateConfig(temperature=temperature)
    async with all_opened(uses) as solvers, opened("scorer", use) as scorer:
        trusted = False

        async def solve(sample: Sample, generate: Generate) -> Output:
            nonlocal trusted
            unsolved = sample.model_copy(update={"row": sample.row.model_copy(update={"target": None})})
            if not trusted:
                await _tried(unsolved, use.name, scorer)
                trusted = True
            outputs = await drawn(sample, generate, solvers, config)
            worth = [await _verified(unsolved, output, use.name, scorer, score) for output in outputs]
            return _best(outputs, worth, f"{use.name} {score}" if score else use.name)

        yield solve


async def _tried(unsolved: Sample, name: str, scorer: Scorer) -> None:
    """Whether the verifier needs the target is found out before anything is asked, and paid."""
    try:
        await _said(unsolved, Output(text=""), name, scorer)
    except SpecError:
        raise
    except Exception:  # noqa: BLE001, S110 - a scorer is anyone's code, and nothing may be no answer to it
        pass


async def _verified(unsolved: Sample, output: Output, name: str, scorer: Scorer, score: str | None) -> float:
    """What the verifier gives for a draw."""
    several = await _said(unsolved, output, name, scorer)
    found = next((each for each in several if score is None or each.name == score), None)
    if found is None:
        given = ", ".join(each.name or name for each in several)
        raise SpecError(f"{name!r} gives no score {score!r}; it gives: {given}", field=["score"])
    if found.value is None:
        raise SpecError(f"{name!r} cannot choose: {found.error}")
    return found.value


async def _said(unsolved: Sample, output: Output, name: str, scorer: Scorer) -> Sequence[Verdict]:
    """All that the verifier says of a draw."""
    draw = Generation(
        id="draw", created_at=unsolved.created_at, run_id="", sample_id=unsolved.id, epoch=1,
        prompt=unsolved.row.input, output=output,
    )  # fmt: skip
    try:
        said = scorer(unsolved, draw)
        verdicts = await said if isawaitable(said) else said
    except SpecError as err:
        raise SpecError(f"{name!r} cannot choose without the target, which would be cheating: {err.message}") from None
    return [verdicts] if isinstance(verdicts, Verdict) else verdicts


def _best(outputs: Sequence[Output], worth: Sequence[float | None], rule: str) -> Output:
    ranks = [-math.inf if value is None else value for value in worth]
    best = chosen(outputs, ranks.index(max(ranks)), [output.answer for output in outputs], worth)
    return best.model_copy(update={"answer_rule": f"best of {len(outputs)}: {rule}"})


async def _named_best(sample: Sample, generate: Generate, outputs: Sequence[Output]) -> Output:
    """The draw that the model names when it is shown all of them."""
    n = len(outputs)
    reply = await generate(_question(sample, outputs), GenerateConfig(temperature=0.0))
    at = _named(reply.text, n)
    worth = [None if at is None else float(each == at) for each in range(n)]
    best = chosen(outputs, at or 0, [output.answer for output in outputs], worth)
    rule = f"best of {n}: " + ("the first, as the model named none" if at is None else "the model's choice")
    spent = {"usage": best.usage.plus(reply.usage), "latency": Output.took((best.latency, reply.latency))}
    return best.model_copy(update={"answer_rule": rule, **spent, "cached": best.cached and reply.cached})


def _worth(output: Output, by: By) -> float | None:
    """What a draw is chosen by: the more the better. None of one that says nothing, which no tokens make likely."""
    if by in {"shortest", "longest"}:
        return float(len(output.text)) * (-1 if by == "shortest" else 1)
    if by == "model":
        return 0.0
    if not output.logprobs and not output.text:
        return None
    if not output.logprobs:
        raise RuntimeFailed(
            "the runtime gave no log-probabilities to choose by; take one that does, or another `by`: shortest, model"
        )
    total = math.fsum(token.logprob for token in output.logprobs)
    return total / len(output.logprobs) if by == "logprob" else total


def _question(sample: Sample, outputs: Sequence[Output]) -> tuple[Message, ...]:
    answers = "\n\n".join(f"Answer {at}:\n{output.text[:_SHOWN]}" for at, output in enumerate(outputs, 1))
    text = _CHOOSE.replace("{n}", str(len(outputs)))
    before, _, rest = text.partition("{question}")
    between, _, after = rest.partition("{answers}")
    return (Message(role="user", content=f"{before}{_asked(sample.row.input)}{between}{answers}{after}"),)


def _asked(prompt: Prompt) -> str:
    return prompt if isinstance(prompt, str) else "\n\n".join(turn.content for turn in prompt)


def _named(reply: str, n: int) -> int | None:
    """The place of the draw whose number the reply gives first; None if it gives none."""
    found = re.search(r"\d+", spoken(reply)[:1_000])
    number = int(found[0][:4]) if found else 0
    return number - 1 if 1 <= number <= n else None
