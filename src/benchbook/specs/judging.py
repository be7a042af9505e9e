"""Who judges what, and how opinions become a verdict."""

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from benchbook.errors import SpecError
from benchbook.specs.models import GenerateConfig, ModelSpec
from benchbook.specs.rubrics import Rubric
from benchbook.specs.spec import Several, Spec

Labelled = Literal["ideal_response", "final_answer", "reference"]
"""What a judge may be shown beside question and answer: of a sample's `metadata`, or its target if that is a text."""

PLACES = ("rubric", "form", "inputs", "marker")
"""What a template has places for."""


class PromptTemplate(Spec):
    """What a judge is asked: two turns, with `{rubric}`, `{form}`, `{inputs}` and `{marker}` where these go."""

    system: str
    user: str

    @model_validator(mode="after")
    def _has_places(self) -> Self:
        for place in ("rubric", "form", "inputs"):
            if f"{{{place}}}" not in self.system + self.user:
                raise ValueError(f"the template does not say where the {place} goes; write {{{place}}} there")
        if "{inputs}" in self.system:
            raise ValueError("{inputs} belongs into the user's turn: the system's is the same for all samples")
        return self


class JudgePolicy(Spec):
    """How a judge is asked, and what is made of its answers."""

    votes: int = Field(default=1, ge=1, le=99)
    """How often each question is asked."""
    needed: int | None = Field(default=None, ge=1)
    """How many of the votes must agree; unless given, more than half."""
    orders: Literal["both", "one"] = "both"
    """Of two answers: whether they are shown in both orders, or only as they are named."""
    inconsistent: Literal["tie", "escalate"] = "tie"
    """What a preference is that changes with the order: a tie, or no verdict at all, for people to give."""
    evidence: bool = False
    """Whether the judge sees what tests and other deterministic checks said of the answers."""
    inputs: Several[Labelled] = ("ideal_response", "final_answer", "reference")
    """What else it sees, where a sample has it."""
    constrained: bool = True
    """Whether the answer is bound to the rubric's JSON schema where the runtime can."""
    repair: bool = True
    """Whether an answer that cannot be read is asked for once more, with all that is wrong with it."""
    least_words: int = Field(default=4, ge=0)
    """A justification with fewer is trivial, and flagged."""
    least_confidence: float = Field(default=0.5, ge=0, le=1)
    """A verdict with less is flagged."""
    least_agreement: float = Field(default=1, ge=0, le=1)
    """A verdict that a smaller share of the votes, or of the panel, gave is flagged."""

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if self.needed is not None and not self.votes < 2 * self.needed <= 2 * self.votes:
            raise ValueError(f"`needed` is more than half of `votes` and at most all ({self.votes}), not {self.needed}")
        return self

    @property
    def quorum(self) -> int:
        """How many votes decide."""
        return self.needed or self.votes // 2 + 1


class JudgeSpec(JudgePolicy):
    """A judge of a config: a rubric, one model or a panel of several, and the runs that it reads."""

    rubric: str | Rubric
    """A built-in one by name, a file by path, or one written out."""
    models: Several[ModelSpec] = Field(min_length=1)
    """One judge; several are a panel, and a majority of them decides. `model: NAME` is one."""
    runs: Several[str] = ()
    """Earlier runs, by id; unless given, those of this experiment. A rubric that compares takes every pair of them."""
    prompt: str | PromptTemplate | None = None
    """A template of one's own: the path of a file with the sections `[system]` and `[user]`."""
    generate: GenerateConfig = GenerateConfig()

    @model_validator(mode="before")
    @classmethod
    def _spelt(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        named = {"models": [data["model"]], **data} if "model" in data else dict(data)
        named.pop("model", None)
        if isinstance(named.get("models"), str | Mapping):
            named["models"] = [named["models"]]
        if isinstance(named.get("models"), list | tuple):
            named["models"] = [_of_rules(model) for model in named["models"]]
        return named

    @field_validator("models")
    @classmethod
    def _different(cls, models: tuple[ModelSpec, ...]) -> tuple[ModelSpec, ...]:
        names = [model.name for model in models]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f"two judges of the panel are called {twice!r}; give one of them another `name`")
        return models

    @property
    def whole(self) -> Rubric:
        """The rubric, once it was read."""
        if isinstance(self.rubric, str):
            raise SpecError(f"the rubric {self.rubric!r} has not been read")
        return self.rubric


class Judging(JudgePolicy):
    """What a judge run does, with every choice made."""

    reads: Several[str] = Field(min_length=1, max_length=2)
    """The run whose answers are judged; the two whose answers are compared."""
    rubric: Rubric
    prompt: PromptTemplate
    panel: Several[str] = ()
    """The judge runs whose verdicts are counted, of a panel."""

    @property
    def orders_asked(self) -> tuple[bool, ...]:
        """Whether the two change places, for every time that they are shown."""
        return (False, True) if self.rubric.compares and self.orders == "both" else (False,)

    @property
    def questions(self) -> int:
        """How often the judge is asked about one matter."""
        return len(self.orders_asked) * self.votes


def template(written: str | PromptTemplate | None, rubric: Rubric) -> PromptTemplate:
    """The template in full: that of a file, or ours."""
    if isinstance(written, PromptTemplate):
        return written
    if written is not None:
        try:
            return _sections(Path(written).read_text(encoding="utf-8"), written)
        except (OSError, UnicodeDecodeError) as err:
            raise SpecError(f"cannot read the prompt {written}: {err}", field=["prompt"]) from None
    name = "judge_pair.txt" if rubric.compares else "judge_one.txt"
    return _sections((files("benchbook") / "data" / "prompts" / name).read_text(encoding="utf-8"), name)


def _sections(text: str, name: str) -> PromptTemplate:
    parts = re.split(r"^\[(system|user)\][ \t]*\n", text, flags=re.MULTILINE)
    if parts[0].strip() or parts[1::2] != ["system", "user"]:
        raise SpecError(f"{name}: expected a line [system] and below it a line [user], and nothing else", at=name)
    return PromptTemplate.parse({"system": parts[2].strip(), "user": parts[4].strip()})


def _of_rules(model: Any) -> Any:
    """`rules`, the judge without a model, has no name to go by."""
    return {"model": "rules/offline", "name": "rules"} if model == "rules" else model
