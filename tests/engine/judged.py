"""Matters to be judged, and ballots on them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from benchbook.engine.judge_answers import read
from benchbook.engine.judge_verdicts import Ballot
from benchbook.protocols import Matter
from benchbook.records.datasets import Sample
from benchbook.records.generations import Generation
from benchbook.records.scores import Score
from benchbook.specs.datasets import Row
from benchbook.specs.judging import Judging, template
from benchbook.specs.outputs import Output
from benchbook.specs.rubrics import Rubric
from benchbook.specs.verdicts import Verdict
from engine.samples import NOW


def rubric_of(*items: Mapping[str, Any], **more: Any) -> Rubric:
    """A rubric of these items."""
    return Rubric.parse({"name": "r", "items": [{"question": "?", **item} for item in items], **more})


def judging_of(rubric: Rubric, **policy: Any) -> Judging:
    """A judging by that rubric."""
    reads = ["run-1", "run-2"] if rubric.compares else ["run-1"]
    data = {"reads": reads, "rubric": rubric.model_dump(mode="json"), **policy}
    return Judging.parse({**data, "prompt": template(None, rubric).model_dump(mode="json")})


def matter_of(*texts: str, passed: Sequence[bool | None] = (), **metadata: Any) -> Matter:
    """A sample with these answers, and whether each has passed its tests."""
    row = Row(key="k", input="What is 1 + 1?", metadata=metadata)
    sample = Sample(id="s", created_at=NOW, dataset_id="d", position=0, row=row)
    answers = tuple(_generation(f"run-{at}", text) for at, text in enumerate(texts, 1))
    told = [*passed, *[None] * (len(answers) - len(passed))]
    scores = tuple(() if how is None else (_checked(answer, how),) for answer, how in zip(answers, told, strict=True))
    return Matter(sample, 1, answers, scores)


def said(rubric: Rubric, **answers: Any) -> str:
    """The form, filled in: an answer for each path (`__` for `/`), or a whole entry."""
    items = {
        path.replace("__", "/"): given if isinstance(given, dict) else _entry(given) for path, given in answers.items()
    }
    return json.dumps({"items": items, "critique": "that is that"})


def ballot(rubric: Rubric, text: str, *, swapped: bool = False, vote: int = 1, **texts: str) -> Ballot:
    """A vote of a judge who wrote that text."""
    return Ballot(swapped, vote, read(text, rubric, texts), "prompt")


def _entry(answer: Any) -> dict[str, Any]:
    return {"justification": f"it is plain to see that {answer}", "answer": answer, "confidence": 0.9}


def _generation(run_id: str, text: str) -> Generation:
    return Generation(
        id=f"gen-{run_id}",
        created_at=NOW,
        run_id=run_id,
        sample_id="s",
        epoch=1,
        prompt="What is 1 + 1?",
        output=Output(text=text, stop_reason="stop"),
    )


def _checked(answer: Generation, passed: bool) -> Score:
    return Score(
        id=f"score-{answer.id}",
        created_at=NOW,
        run_id=answer.run_id,
        generation_id=answer.id,
        author="code",
        author_id="python-tests",
        author_version="1",
        verdict=Verdict(name="python-tests", value=float(passed), label="passed" if passed else "failed"),
    )
