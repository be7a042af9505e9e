"""Samples of prompts, and how an engine is handed them."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from benchbook.records.datasets import Sample
from benchbook.specs.datasets import Row

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@dataclass(frozen=True)
class Stored:
    """Samples that are read as they are asked for."""

    samples: Sequence[Sample]

    async def __aiter__(self) -> AsyncIterator[Sample]:
        for sample in self.samples:
            yield sample


def samples_of(*prompts: str) -> list[Sample]:
    """A sample of each prompt: `s0` with the key `k0`, and so on."""
    return [
        Sample(id=f"s{at}", created_at=NOW, dataset_id="d", position=at, row=Row(key=f"k{at}", input=prompt))
        for at, prompt in enumerate(prompts)
    ]
