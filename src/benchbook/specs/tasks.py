"""What is measured: data, a way to ask, and ways to score."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from benchbook.specs.models import GenerateConfig
from benchbook.specs.spec import Several, Spec
from benchbook.specs.stopping import Stop
from benchbook.specs.use import Use


class TaskSpec(Spec):
    """A registered task, changed where wanted; or one written out in full. The short spelling is the name alone.

    `{task: python-coding, limit: 5}` starts from the registered task; without `task`, `name`, `dataset` and `scorers`
    are required.
    """

    name: str = ""
    task: Use | None = None
    dataset: Use | None = None
    """The reader, and where it reads."""
    solver: Use = Use(name="generate")
    scorers: Several[Use] = ()
    metrics: Several[Use] = ()
    """What verdicts are folded into, besides the mean of each score and what the scorers bring themselves."""
    smaller_is_better: Several[str] = ()
    """Scores of which less is better, such as bits per byte: comparisons, ranks, searches and gates go by it."""
    cluster: str | None = Field(default=None, min_length=1)
    """The field of the samples' metadata by which they hang together (the passage that several questions are about):
    intervals then count clusters."""
    crossed: bool = False
    """Whether there are figures of any two slices together, too."""
    slices: Several[str] = ()
    """Only samples of these slices; all if empty."""
    limit: int | None = Field(default=None, ge=1)
    """Only the first so many samples of each data set, after the choice of slices."""
    epochs: int = Field(default=1, ge=1)
    """How often each sample is asked."""
    generate: GenerateConfig = GenerateConfig()
    stop: Stop | None = None
    """When a run may end before all samples are asked; they are asked in random order then."""

    @model_validator(mode="before")
    @classmethod
    def _spelt(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"task": data}
        if not isinstance(data, Mapping):
            return data
        alone = {name: [data[name]] for name in ("scorers", "metrics") if isinstance(data.get(name), str | Mapping)}
        return {**data, **alone} if alone else data

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.task is not None:
            return self
        missing = [name for name in ("name", "dataset", "scorers") if not getattr(self, name)]
        if missing:
            wanted = ", ".join(f"`{name}`" for name in missing)
            raise ValueError(f"a task without `task: NAME` is written out in full; missing: {wanted}")
        return self

    def over(self, base: "TaskSpec") -> Self:
        """This spec, with what it leaves open taken from `base`, the registered task."""
        left_open = type(self).model_fields.keys() - self.model_fields_set - {"task"}
        taken: dict[str, Any] = {name: getattr(base, name) for name in left_open}
        return self.model_copy(update={**taken, "generate": self.generate.over(base.generate)})
