"""A model that gives one answer and remembers what it was asked."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from benchbook import GenerateConfig, Message, Output, Prompt, Row, Sample, Use, build
from benchbook.specs.models import PromptStyle


@dataclass
class Model:
    text: str = ""
    prompt_style: PromptStyle = "chat"
    asked: list[tuple[Prompt, GenerateConfig]] = field(default_factory=list)
    shared: int = 0

    async def __call__(self, prompt: Prompt, config: GenerateConfig = GenerateConfig(), *, shared: int = 0) -> Output:
        self.asked.append((prompt, config))
        self.shared = shared
        return Output(text=self.text, stop_reason="stop")

    @property
    def prompt(self) -> Prompt:
        """The only thing it was asked."""
        [(prompt, _)] = self.asked
        return prompt

    @property
    def turns(self) -> list[tuple[str, str]]:
        assert not isinstance(self.prompt, str)
        return [(turn.role, turn.content) for turn in self.prompt]


def sample(question: str | tuple[Message, ...], target: Any = None) -> Sample:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    row = Row(key="a sample", input=question, target=target)
    return Sample(id="sample", created_at=now, dataset_id="data", position=0, row=row)


def solved(solver: str, asked: Sample, model: Model, **args: Any) -> Output:
    output = asyncio.run(build("solver", Use(name=solver, args=args))(asked, model))
    assert isinstance(output, Output)
    return output
