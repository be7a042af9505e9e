"""What is to be done: models × tasks."""

from typing import Self

from pydantic import Field, model_validator

from benchbook.specs.models import GenerateConfig, ModelSpec, Price
from benchbook.specs.spec import Several, Spec
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use


class RunSettings(Spec):
    """How runs are carried out."""

    seed: int = 0
    concurrency: int = Field(default=8, ge=1, le=4096)
    """Samples in flight at once, within a run."""
    attempts: int = Field(default=5, ge=1)
    """How often a request is tried when its failure may pass: a busy server, a broken connection."""
    allowed_error_rate: float = Field(default=0.0, ge=0, le=1)
    """The share of samples that may fail without making the command fail (exit code 7)."""
    generate: GenerateConfig = GenerateConfig(max_tokens=512, temperature=0.0)


class ExperimentSpec(Spec):
    """The whole of a config file."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    description: str = ""
    models: Several[ModelSpec] = Field(min_length=1)
    tasks: Several[TaskSpec] = Field(min_length=1)
    run: RunSettings = RunSettings()
    prices: dict[str, Price] = {}
    """The price table, by the model's `name` or by its `runtime/name`."""

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [model.name for model in self.models]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two models are called {twice[0]!r}; give one of them another `name`")
        priced = {*names, *(model.model for model in self.models)}
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

    @property
    def generate(self) -> GenerateConfig:
        """The sampling parameters: the model's word before the task's before the run's."""
        seeded = GenerateConfig(seed=self.settings.seed)
        return self.model.generate.over(self.task.generate).over(self.settings.generate).over(seeded)
