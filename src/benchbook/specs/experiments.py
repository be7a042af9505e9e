"""What is to be done: models × tasks."""

import re
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from benchbook.errors import SpecError, dotted
from benchbook.specs.budgets import Budget
from benchbook.specs.gates import Thresholds
from benchbook.specs.judging import JudgeSpec, Judging
from benchbook.specs.models import GenerateConfig, ModelSpec, Price
from benchbook.specs.spec import Several, Spec, mistake_in
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use

DEFAULTS = GenerateConfig(max_tokens=512, temperature=0.0)
"""What nobody has said otherwise."""


class RunSettings(Spec):
    """How runs are carried out."""

    seed: int = 0
    concurrency: int = Field(default=8, ge=1, le=4096)
    """Samples with the model at once, within a run; as many again may be being scored and stored."""
    adaptive: bool = True
    """Whether fewer requests than `concurrency` are sent at once while the server refuses more."""
    attempts: int = Field(default=7, ge=1)
    """How often a request is tried when its failure may pass: a 500, a broken connection. Refusals of a server that is
    busy or gone are not counted; they are borne as long as `patience` lasts."""
    deadline: float | None = Field(default=None, gt=0)
    """Seconds that a sample may spend with the model: its requests and the pauses between its tries, not our queue."""
    patience: float = Field(default=600.0, gt=0)
    """Seconds without an answer after which the run ends; and the longest wait that a server may ask for."""
    allowed_error_rate: float = Field(default=0.0, ge=0, le=1)
    """The share of samples that may fail without making the command fail (exit code 7)."""
    cache: bool = True
    """Whether questions that were asked before are answered from the cache, and new answers kept there."""
    budget: Budget = Budget()
    """Where the experiment stops, to be gone on with later."""
    sandbox: Use | None = None
    """Where programs run: for every scorer that takes a `sandbox` and names none itself."""
    generate: GenerateConfig = GenerateConfig()
    """Over the defaults: greedy, at most 512 tokens."""


def _gates(given: Any) -> Any:
    if not isinstance(given, list):
        return given
    try:
        Thresholds.parse({"gates": given})
    except SpecError as err:
        at, inner = (err.field[1], err.field[2:]) if len(err.field) > 1 else (0, ())
        raise mistake_in(at, f"{dotted(inner)}: {err.message}" if inner else err.message) from None
    return {"gates": given}


class ExperimentSpec(Spec):
    """The whole of a config file."""

    name: str
    description: str = ""
    models: Several[ModelSpec] = ()
    tasks: Several[TaskSpec] = ()
    judges: Several[JudgeSpec] = ()
    """Who judges the answers afterwards; with `runs` of their own, there need be neither models nor tasks."""
    run: RunSettings = RunSettings()
    gates: Annotated[Thresholds | None, BeforeValidator(_gates)] = None
    """What the figures are held to at the end of `benchbook eval`: a list of gates, or what a thresholds file has."""
    prices: dict[str, Price] = {}
    """The price table, by the model's `name` or by its `runtime/name`."""

    @field_validator("name")
    @classmethod
    def _fit_for_a_file(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
            raise ValueError(f"a name is up to 100 letters, digits, dots, dashes and underscores, not {name[:120]!r}")
        return name

    @model_validator(mode="after")
    def _has_work(self) -> Self:
        if self.judges and all(judge.runs for judge in self.judges) and not (self.models or self.tasks):
            return self
        for name in ("models", "tasks"):
            if not getattr(self, name):
                raise mistake_in(name, "this field is required, with at least one entry")
        return self

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [model.name for model in self.models]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two models are called {twice[0]!r}; give one of them another `name`")
        judging = [model for judge in self.judges for model in judge.models]
        priced = {*names, *(model.model for model in self.models)}
        priced |= {name for model in judging for name in (model.name, model.model)}
        stray = sorted(set(self.prices) - priced)
        if stray:
            raise ValueError(f"`prices` names {stray[0]!r}, which is none of the models: {', '.join(sorted(priced))}")
        return self


class RunSpec(Spec):
    """One model on one task, with every choice made. Frozen into the Run; its fingerprint names the work."""

    model: ModelSpec
    task: TaskSpec
    settings: RunSettings
    engine: Use = Use(name="native")
    price: Price | None = None
    judging: Judging | None = None
    """What is judged, and how; the model is then the judge, and the task that of the answers."""

    @cached_property
    def generate(self) -> GenerateConfig:
        """The sampling parameters: the model's word before the task's before the run's."""
        given = self.model.generate.over(self.task.generate).over(self.settings.generate)
        return given.over(GenerateConfig(seed=self.settings.seed)).over(DEFAULTS)
