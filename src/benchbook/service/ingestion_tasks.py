"""The rows of a file put together: what is about the same task, and the same answer, belongs together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from benchbook.errors import SpecError
from benchbook.service.ingestion_rows import Case
from benchbook.specs.datasets import Row
from benchbook.specs.verdicts import Verdict


class Place(NamedTuple):
    """An answer to a task: the model's, the how-manieth."""

    model: str
    epoch: int


class Said(NamedTuple):
    """What a person said of an answer, or of two; the number tells apart what was said of the same."""

    place: Place
    other: Place | None
    author: str
    verdict: Verdict
    number: int


@dataclass
class Task:
    """A task with all that rows have said of it."""

    row: Row
    first: str
    """Where it stands first."""
    answers: dict[Place, str] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)


class Tasks:
    """The tasks of a file, in the order in which they come."""

    def __init__(self) -> None:
        self.found: dict[str, Task] = {}
        self.models: dict[str, None] = {}
        self.rows = 0

    def add(self, case: Case) -> None:
        """Take in a row; SpecError, and nothing is changed, if it does not go together with those before it."""
        task = self.found.get(case.row.key) or Task(case.row, case.place)
        _same_task(task, case)
        places = _places(task, case.responses)
        new = [place for place in places if place not in task.answers]
        said = _news(task, case, places)
        if task.answers and not new and not said:
            raise SpecError(
                f"the row says nothing that {task.first} has not said of {case.row.key!r}; leave it out, or say who "
                "evaluates"
            )
        task.answers |= {place: text for place, (_, text) in zip(places, case.responses, strict=True) if place in new}
        task.said += said
        self.found[case.row.key] = task
        self.models |= dict.fromkeys(place.model for place in places)
        self.rows += 1


def _same_task(task: Task, case: Case) -> None:
    for name in ("input", "target", "slices", "metadata"):
        if getattr(task.row, name) != getattr(case.row, name):
            what = {"input": "prompt", "target": "final_answer"}.get(name, name)
            raise SpecError(
                f"the task {case.row.key!r} has another {what} in {task.first}; give one another id, or correct it",
                field=[what],
            )


def _places(task: Task, responses: Sequence[tuple[str, str]]) -> list[Place]:
    """Where each response belongs: to the same text of an earlier row, or behind all there are."""
    places: list[Place] = []
    for model, text in responses:
        known = [place for place, said in task.answers.items() if place.model == model and said == text]
        free = next((place for place in known if place not in places), None)
        count = sum(place.model == model for place in {*task.answers, *places})
        places.append(free or Place(model, count + 1))
    return places


def _news(task: Task, case: Case, places: Sequence[Place]) -> list[Said]:
    """What the row's people say that was not said before."""
    news: list[Said] = []
    for opinion in case.opinions:
        place = places[opinion.answer]
        other = None if opinion.other is None else places[opinion.other]
        earlier = [
            said
            for said in (*task.said, *news)
            if (said.place, said.other, said.author, said.verdict.name)
            == (place, other, opinion.author, opinion.verdict.name)
        ]
        if any(said.verdict == opinion.verdict for said in earlier):
            continue
        if earlier and opinion.author != "human":
            raise SpecError(
                f"{opinion.author} has said something else of {place.model!r} before, about {opinion.verdict.name!r}; "
                "a person has one verdict on a criterion",
                field=["human_evaluations"],
            )
        about = sum(said.place == place and said.author == opinion.author for said in (*task.said, *news))
        news.append(Said(place, other, opinion.author, opinion.verdict, about))
    return news
