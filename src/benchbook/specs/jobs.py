"""What is asked of workers: when a run is to be carried out, and the work that is no run."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BeforeValidator, Field, Strict, model_validator

from benchbook.specs.budgets import Budget
from benchbook.specs.ingestion import IngestMapping, mapping
from benchbook.specs.ingestion import built_in as mappings
from benchbook.specs.judging import JudgePolicy, JudgeSpec
from benchbook.specs.models import GenerateConfig, ModelSpec
from benchbook.specs.rubrics import Rubric, rubric
from benchbook.specs.rubrics import built_in as rubrics
from benchbook.specs.spec import Several, Spec, mistake_in, unknown

_PAST, _FAR = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)

LONGEST_TEXT = 1_000_000
"""Characters of a prompt or an answer that is sent to be judged."""

Text = Annotated[str, Field(max_length=LONGEST_TEXT)]


def _rubric(given: Any) -> Any:
    # A path would be one of the machine that serves, not of whoever asks.
    if not isinstance(given, str):
        return given
    if given not in rubrics():
        raise ValueError(f"{unknown('rubric', given[:100], rubrics())}; one of your own is written out")
    return rubric(given).model_dump(mode="json")


def _mapping(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    if given not in mappings():
        raise ValueError(f"{unknown('mapping', given[:100], mappings())}; one of your own is written out")
    return mapping(given).model_dump(mode="json")


class Turn(Spec):
    """When it is a run's turn, on what, and what is otherwise this time than its experiment says."""

    priority: int = Field(default=0, ge=-1000, le=1000)
    """What has more of it goes first."""
    not_before: Annotated[AwareDatetime, Strict(strict=False), Field(gt=_PAST, lt=_FAR)] | None = None
    gpus: int | None = Field(default=None, ge=0, le=1024)
    """How many GPUs each run gets; unless given, what its runtime seems to need."""
    cache: bool | None = None
    budget: Budget = Budget()
    """Laid over the experiment's own."""


class Response(Spec):
    """An answer that somebody's model gave."""

    model: str = Field(default="", max_length=200)
    text: Text


class EvaluateSpec(JudgePolicy):
    """Answers that are to be judged as they are sent, without a data set or a run."""

    prompt: Annotated[Text, Field(min_length=1)]
    responses: Several[Response] = Field(min_length=1, max_length=8)
    """What models answered: texts, or objects with `model` and `text`."""
    ideal_response: Text = ""
    final_answer: Text = ""
    """The correct answer."""
    rubric: Annotated[Rubric, BeforeValidator(_rubric)]
    """A built-in one by name, or one written out."""
    judges: Several[ModelSpec] = Field(min_length=1, max_length=9)
    """Who judges; several are a panel. `judge: NAME` is one, `rules` the one without a model."""
    scorers: Several[str] = ()
    """Who checks the answers first, such as `math-answer`; judges are held against it, and `rules` goes by it."""
    generate: GenerateConfig = GenerateConfig()
    priority: int = Field(default=0, ge=-1000, le=1000)

    @model_validator(mode="before")
    @classmethod
    def _spelt(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        given = dict(data)
        if "response" in given and "responses" not in given:
            given["responses"] = [given.pop("response")]
        if isinstance(given.get("responses"), list | tuple):
            given["responses"] = [{"text": one} if isinstance(one, str) else one for one in given["responses"]]
        if "judge" in given:
            if "judges" in given:
                raise mistake_in("judge", "there are `judges`, too; give one or the other")
            given["judges"] = given.pop("judge")
        if "judges" in given:
            given["judges"] = _judges(given["judges"])
        return given

    @model_validator(mode="after")
    def _can_be_judged(self) -> Self:
        names = self.names
        if self.scorers and not self.final_answer:
            raise mistake_in("scorers", "answers are checked against the correct one; send `final_answer`, too")
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise mistake_in("responses", f"two responses are of the model {twice!r}; give one another `model`")
        if self.rubric.compares and len(names) < 2:
            raise mistake_in("responses", f"the rubric {self.rubric.name!r} compares two responses; send both")
        judges = [judge.name for judge in self.judges]
        if len(set(judges)) < len(judges):
            raise mistake_in("judges", "two judges have the same name; give one of them another `name`")
        return self

    @property
    def names(self) -> list[str]:
        """What the models of the responses are called."""
        return [one.model or f"response-{number}" for number, one in enumerate(self.responses, 1)]

    @property
    def row(self) -> dict[str, Any]:
        """As a row that can be taken in."""
        answers = zip(self.names, self.responses, strict=True)
        said = {"ideal_response": self.ideal_response, "final_answer": self.final_answer}
        return {
            "task_id": "asked",
            "prompt": self.prompt,
            "model_responses": [{"model": name, "response": one.text} for name, one in answers],
            **{name: text for name, text in said.items() if text},
        }

    def config(self, name: str, runs: list[str]) -> dict[str, Any]:
        """The config of an experiment that judges these runs."""
        policy = {field: getattr(self, field) for field in JudgePolicy.model_fields}
        judge = JudgeSpec(rubric=self.rubric, models=self.judges, runs=tuple(runs), generate=self.generate, **policy)
        plain = judge.model_dump(mode="json", exclude_defaults=True)
        return {"name": name, "judges": [plain]}


class IngestSpec(Spec):
    """A file of recorded answers that is to be taken in."""

    file: str = Field(min_length=1)
    """Where it lies, on the machine that works."""
    mapping: Annotated[IngestMapping | None, BeforeValidator(_mapping)] = None
    """A built-in one by name, or one written out."""
    name: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")
    scorers: Several[str] = ()
    """Who checks the answers, too."""
    skip_rejected: bool = False
    """Whether rows that cannot be taken are left out; otherwise one of them keeps all others out."""


def _judges(given: Any) -> Any:
    listed = [given] if isinstance(given, str | Mapping) else given
    if not isinstance(listed, list | tuple):
        return listed
    # As in a config: the judge without a model has no name to go by.
    return [{"model": "rules/offline", "name": "rules"} if one == "rules" else one for one in listed]
