"""Of several draws, the best by a rule that does not know the right answer."""

import math
import re
from collections.abc import Sequence
from typing import Literal

from benchbook import Generate, GenerateConfig, Message, Output, Prompt, RuntimeFailed, Sample, Solver, Use, register
from benchbook.plugins.solvers.draws import chosen, drawn, solvers_of
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
    n: int = 5, by: By = "logprob", *, temperature: float = 0.7, solver: Use | tuple[Use, ...] = _ASK
) -> Solver:
    """The best of `n` draws, the first among equals, by a rule that never sees the target.

    `logprob` is the mean log-probability of a draw's tokens, `total_logprob` their sum, `shortest` and `longest` go by
    characters; `model` shows all draws to the same model at temperature 0, and takes the one that it names.
    """
    solvers = solvers_of(n, temperature, solver)
    config = GenerateConfig(temperature=temperature, logprobs=0 if by in {"logprob", "total_logprob"} else None)

    async def solve(sample: Sample, generate: Generate) -> Output:
        outputs = await drawn(sample, generate, solvers, config)
        answers = [output.answer for output in outputs]
        if by == "model" and n > 1:
            reply = await generate(_question(sample, outputs), GenerateConfig(temperature=0.0))
            at = _named(reply.text, n)
            best = chosen(outputs, at or 0, answers, [None if at is None else float(each == at) for each in range(n)])
            rule = f"best of {n}: " + ("the first, as the model named none" if at is None else "the model's choice")
            spent = {"usage": best.usage.plus(reply.usage), "latency": best.latency + reply.latency}
            return best.model_copy(update={"answer_rule": rule, **spent, "cached": best.cached and reply.cached})
        worth = [_worth(output, by) for output in outputs]
        best = chosen(outputs, worth.index(max(worth)), answers, worth)
        return best.model_copy(update={"answer_rule": f"best of {n}: {by}"})

    return solve


def _worth(output: Output, by: By) -> float:
    """What a draw is chosen by: the more the better."""
    if by in {"shortest", "longest"}:
        return float(len(output.text)) * (-1 if by == "shortest" else 1)
    if by == "model":
        return 0.0
    if output.logprobs is None:
        raise RuntimeFailed(
            "the runtime gave no log-probabilities to choose by; take one that does, or another `by`: shortest, model"
        )
    total = math.fsum(token.logprob for token in output.logprobs)
    return total / max(1, len(output.logprobs)) if by == "logprob" else total


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
