"""Several answers to one question: drawn at a temperature, one after the other, and put together again."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from benchbook import (
    Draw,
    Generate,
    GenerateConfig,
    Likelihood,
    Output,
    Prompt,
    PromptStyle,
    Sample,
    Solver,
    SpecError,
    Use,
    build,
    extracted,
)
from benchbook.plugins.solvers.choices import stated
from benchbook.plugins.solvers.replies import spoken

__all__ = ["MOST", "Extract", "Rule", "chosen", "drawn", "extraction", "solvers_of"]

Extract = Literal["answer", "number", "letter", "text"]
Rule = Callable[[Output], str | None]

MOST = 100
"""Draws for a sample."""
_END = 20_000
"""Characters from the end of a reply that an answer is looked for in."""
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:,\d{3})*(?:\.\d+)?%?")
_LETTER = re.compile(r"(?<![A-Za-z'’])[(\[]?([A-Z])[)\]]?(?![A-Za-z'’])")


@dataclass
class _Over:
    """The model, asked with these parameters where a solver says nothing else."""

    generate: Generate
    config: GenerateConfig
    prompt_style: PromptStyle

    async def __call__(self, prompt: Prompt, config: GenerateConfig = GenerateConfig(), *, shared: int = 0) -> Output:
        return await self.generate(prompt, config.over(self.config), shared=shared)

    async def loglikelihood(self, context: str, continuation: str) -> Likelihood:
        return await self.generate.loglikelihood(context, continuation)

    async def loglikelihood_rolling(self, text: str, window: int) -> Likelihood:
        return await self.generate.loglikelihood_rolling(text, window)


def solvers_of(n: int, temperature: float, solver: Use | tuple[Use, ...]) -> list[Solver]:
    """The solver of each draw: of several, each in turn."""
    uses = solver if isinstance(solver, tuple) else (solver,)
    if not 1 <= n <= MOST:
        raise SpecError(f"expected 1 to {MOST} draws, got {n}", field=["n"])
    if not uses:
        raise SpecError("a list of solvers needs at least one", field=["solver"])
    if temperature < 0 or (temperature == 0 and n > len(uses)):
        raise SpecError("draws at temperature 0 are all the same; give one above 0, e.g. 0.7", field=["temperature"])
    built: list[Solver] = [build("solver", use) for use in uses]
    return [built[at % len(built)] for at in range(n)]


async def drawn(sample: Sample, generate: Generate, solvers: Sequence[Solver], config: GenerateConfig) -> list[Output]:
    """What each solver gives, with these parameters where it says nothing else."""
    warm = _Over(generate, config, generate.prompt_style)
    # One after the other: each draw has its number, and with it its seed and its place in the cache, at any speed.
    return [await solve(sample, warm) for solve in solvers]


def chosen(outputs: Sequence[Output], at: int, answers: Sequence[str | None], worth: Sequence[float | None]) -> Output:
    """The output that was chosen, with the tokens and the time of all, and all of them as its draws."""
    usage = outputs[0].usage
    for output in outputs[1:]:
        usage = usage.plus(output.usage)
    draws = [
        Draw(text=output.text, answer=answer, worth=value, chosen=place == at)
        for place, (output, answer, value) in enumerate(zip(outputs, answers, worth, strict=True))
    ]
    return outputs[at].model_copy(
        update={
            "usage": usage,
            "latency": sum(output.latency for output in outputs),
            "cached": all(output.cached for output in outputs),
            "answer": answers[at],
            "draws": tuple(draws),
        }
    )


def extraction(extract: Extract, pattern: str | None) -> Rule:
    """What is taken from a draw as its answer; None if it has none."""
    if pattern is not None:
        return _by(_compiled(pattern))
    return {"answer": _answer, "number": _number, "letter": _letter, "text": _text}[extract]


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as err:
        raise SpecError(f"not a regular expression: {err}", field=["pattern"]) from None


def _by(pattern: re.Pattern[str]) -> Rule:
    def rule(output: Output) -> str | None:
        matches = list(pattern.finditer(output.text[-_END:]))
        # Its first group, if it has one.
        return (matches[-1][min(1, pattern.groups)] or "").strip() or None if matches else None

    return rule


def _answer(output: Output) -> str | None:
    if output.answer is not None or output.answer_rule is not None:
        return output.answer
    return extracted(output.text[-_END:]).answer.strip() or None


def _number(output: Output) -> str | None:
    if output.answer is not None and _NUMBER.fullmatch(output.answer.strip()):
        return output.answer.strip()
    numbers = _NUMBER.findall(extracted(output.text[-_END:]).answer) or _NUMBER.findall(output.text[-_END:])
    return numbers[-1] if numbers else None


def _letter(output: Output) -> str | None:
    text = output.text[-_END:]
    found = filter(None, map(stated, (output.answer or "", text, extracted(text).answer)))
    # At last the only letter that stands alone, `I` being a word as well.
    alone = set(_LETTER.findall(spoken(text))) - {"I"}
    return next(found, alone.pop() if len(alone) == 1 else None)


def _text(output: Output) -> str | None:
    return output.text.strip() or None
