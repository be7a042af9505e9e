"""How the tests of scorers have programs scored."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from benchbook import Generation, Output, Row, Sample, Use, Verdict, opened

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def sample_of(row: Row) -> Sample:
    return Sample(id=f"sample-{row.key}", created_at=NOW, dataset_id="data", position=0, row=row)


def sample(target: Any, prompt: str = "?") -> Sample:
    return sample_of(Row(key="a sample", input=prompt, target=target))


def generation(answer: str | None, text: str = "") -> Generation:
    """The generation whose answer, extracted or not, is this."""
    output = Output(text=text, answer=answer)
    return Generation(id="gen", created_at=NOW, run_id="run", sample_id="sample", epoch=1, prompt="?", output=output)


def verdicts(pairs: Iterable[tuple[Sample, str | None]], **args: Any) -> list[Verdict]:
    """What python-tests says of each program, in order; a few at once."""

    async def score_all() -> list[Verdict]:
        places = asyncio.Semaphore(4)
        async with opened("scorer", Use(name="python-tests", args=args)) as score:

            async def one(sample: Sample, program: str | None) -> Verdict:
                async with places:
                    verdict = await score(sample, generation(program))
                    assert isinstance(verdict, Verdict)
                    return verdict

            return await asyncio.gather(*(one(sample, program) for sample, program in pairs))

    return asyncio.run(score_all())


def verdict(sample: Sample, program: str | None, **args: Any) -> Verdict:
    [only] = verdicts([(sample, program)], **args)
    return only
