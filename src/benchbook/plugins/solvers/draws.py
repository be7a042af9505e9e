"""Several answers to one question: drawn at a temperature, one after the other, and put together again."""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
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
    opened,
)
from benchbook.plugins.solvers.choices import stated
from benchbook.plugins.solvers.expressions import Expression
from benchbook.plugins.solvers.replies import spoken

__all__ = ["MOST", "Extract", "Rule", "all_opened", "chosen", "drawn", "extraction", "solvers_of"]

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


def solvers_of(n: int, temperature: float, solver: Use | tuple[Use, ...]) -> list[Use]:
    """The solver of each draw: of several, each in turn."""
    uses = solver if isinstance(solver, tuple) else (solver,)
    if not 1 <= n <= MOST:
        raise SpecError(f"expected 1 to {MOST} draws, got {n}", field=["n"])
    if not uses:
        raise SpecError("a list of solvers needs at least one", field=["solver"])
    each = [uses[at % len(uses)] for at in range(n)]
    # Equal questions at temperature 0 are one to the cache, too, whichever model of an ensemble has its turn.
    if temperature < 0 or (temperature == 0 and any(use in each[:at] for at, use in enumerate(each))):
        raise SpecError("draws at temperature 0 are all the same; give one above 0, e.g. 0.7", field=["temperature"])
    for use in uses:
        build("solver", use)
    return each


@asynccontextmanager
async def all_opened(uses: Sequence[Use]) -> AsyncIterator[list[Solver]]:
    """The solvers, each opened once however often it draws."""
    async with AsyncExitStack() as stack:
        known: list[tuple[Use, Solver]] = []
        for use in uses:
            if all(use != other for other, _ in known):
                known.append((use, await stack.enter_async_context(opened("solver", use))))
        yield [next(solver for other, solver in known if other == use) for use in uses]


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
            "latency": Output.took(output.latency for output in outputs),
            "cached": all(output.cached for output in outputs),
            "answer": answers[at],
            "draws": tuple(draws),
        }
    )


def extraction(extract: Extract, pattern: str | None) -> Rule:
    """What is taken from a draw as its answer, never from its reasoning; None if it has none."""
    finders = {"answer": _answer, "number": _number, "letter": _letter, "text": _text}
    find = finders[extract] if pattern is None else _by(Expression(pattern, "pattern"))
    return lambda output: find(output, spoken(output.text)[-_END:])


def _by(expression: Expression) -> Callable[[Output, str], str | None]:
    def find(_: Output, said: str) -> str | None:
        matches = list(expression.matches(said))
        # Its first group, if it has one.
        return (matches[-1][min(1, expression.groups)] or "").strip() or None if matches else None

    return find


def _answer(output: Output, said: str) -> str | None:
    if output.answer is not None or output.answer_rule is not None:
        return output.answer
    return extracted(said).answer.strip() or None


def _number(output: Output, said: str) -> str | None:
    if output.answer is not None and _NUMBER.fullmatch(output.answer.strip()):
        return output.answer.strip()
    numbers = _NUMBER.findall(extracted(said).answer) or _NUMBER.findall(said)
    return numbers[-1] if numbers else None


def _letter(output: Output, said: str) -> str | None:
    found = filter(None, map(stated, (output.answer or "", said, extracted(said).answer)))
    # At last the only letter that stands alone, `I` being a word as well.
    alone = set(_LETTER.findall(said)) - {"I"}
    return next(found, alone.pop() if len(alone) == 1 else None)


def _text(_: Output, said: str) -> str | None:
    return said.strip() or None
