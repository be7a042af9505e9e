"""The files of a batch: what was said as it was said, and all of it joined in the end."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchbook.errors import SpecError
from benchbook.records.record import derived_id
from benchbook.records.runs import Run
from benchbook.records.scores import Score
from benchbook.service import batches, ingestion
from benchbook.specs.verdicts import Author, Verdict
from benchbook.store import views
from benchbook.store.store import Store
from service.compared import compared, runs_with
from store.planned import NOW, answered, begun, data, event, queued, rows


def document(path: Path) -> Any:
    return json.loads(path.read_text())


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def judged(store: Store, judge: Run, run: Run, at: int, *, author: Author = "model", **verdict: Any) -> Score:
    """What a judge run says of another run's answer."""
    [*answers] = views.generations(store, run.id)
    generation = answers[at][1]
    said = Verdict.parse(verdict)
    return Score(
        id=derived_id("score", judge.id, generation.id, said.name),
        created_at=NOW,
        run_id=judge.id,
        generation_id=generation.id,
        author=author,
        author_id="judge-rules" if author == "code" else "judge",
        author_version="1",
        verdict=said,
        rubric="f00d",
    )


@pytest.fixture
def pair(store: Store) -> tuple[Run, Run]:
    """A run with three answers, and one that judges them and has said nothing yet."""
    [run] = runs_with(store, rows(3), [["good 0", "bad 1", "good 2"]])
    return run, begun(store, queued(store, rows(3), experiment="exp-2")[0])


def spoken(store: Store, run: Run, judge: Run) -> list[Any]:
    """The events in which the judge says of each answer whether it is right, and of the second that it is odd."""
    events = []
    for at, sample in enumerate(data(rows(3))[1]):
        flags = [{"rule": "trivial", "item": "x", "reason": "too short"}] if at == 1 else []
        scores = (
            judged(store, judge, run, at, name="quality/right", value=float(at != 1), label="yes" if at != 1 else "no"),
            judged(
                store, judge, run, at, author="code", name="quality/review", value=float(not flags),
                trace={"flags": flags} if flags else {},
            ),
        )  # fmt: skip
        wrote = answered(judge, sample, text='{"right": "yes"}')
        events.append(wrote.model_copy(update={"scores": scores}))
    return events


def test_verdicts_are_appended_as_they_come(store: Store, pair: tuple[Run, Run], tmp_path: Path) -> None:
    run, judge = pair
    batch = batches.Batch(store, tmp_path / "b", "b", every=0)
    for number, one in enumerate(spoken(store, run, judge), 1):
        store.record(judge, [one])
        batch(judge, [one])
        assert len(lines(tmp_path / "b" / "b_evaluations.jsonl")) == 2 * number
    first = lines(tmp_path / "b" / "b_evaluations.jsonl")[0]
    assert (first["task_id"], first["model_id"], first["run_id"]) == ("sum/0", "mock/small", judge.id)
    assert (first["criterion"], first["value"], first["label"], first["author_id"]) == (
        "quality/right",
        1.0,
        "yes",
        "judge",
    )


def test_what_comes_in_a_hurry_is_appended_together(store: Store, pair: tuple[Run, Run], tmp_path: Path) -> None:
    run, judge = pair
    batch = batches.Batch(store, tmp_path, "b", every=3600)
    events = spoken(store, run, judge)
    store.record(judge, events)
    for one in events:
        batch(judge, [one])
    assert not (tmp_path / "b_evaluations.jsonl").exists()
    batch.finish([judge])
    assert len(lines(tmp_path / "b_evaluations.jsonl")) == 6
    assert len((tmp_path / f"b_{judge.id}.log").read_text().splitlines()) == 3


def test_the_end_joins_tasks_responses_and_evaluations(store: Store, pair: tuple[Run, Run], tmp_path: Path) -> None:
    run, judge = pair
    store.record(judge, spoken(store, run, judge))
    person = judged(store, run, run, 0, author="human", name="quality/right", value=0.0, label="no")
    store.add_scores([person.model_copy(update={"id": "score-human"})])
    written = batches.write(store, [judge], tmp_path, NOW)
    assert written.final_results == tmp_path / "first_20261106_140320" / "first_final_results.json"
    found = document(written.final_results)
    assert found["summary"]["tasks"] == 3
    assert [(each["run_id"], each["role"]) for each in found["summary"]["runs"]] == [
        (run.id, "response"),
        (judge.id, "judge"),
    ]
    first, second, _ = found["results"]
    assert (first["task_id"], first["final_answer"]) == ("sum/0", "1")
    [response] = first["evaluations"]
    assert (response["model_id"], response["model_response"]) == ("mock/small", "good 0")
    assert [one["criteria"][0]["label"] for one in response["human_evaluation"]] == ["no"]
    assert [one["criteria"][0]["label"] for one in response["judge_evaluation"]] == ["yes"]
    assert [one["criteria"][0]["criterion"] for one in response["code_evaluation"]] == ["exact-match"]
    [opinion] = second["evaluations"][0]["judge_evaluation"]
    assert opinion["needs_review"] is True
    assert opinion["review_reasons"] == [{"rule": "trivial", "item": "x", "reason": "too short"}]
    flat = document(written.formatted)
    assert [one["author"] for one in flat if one["task_id"] == "sum/0"] == ["human", "model", "code"]


def test_comparisons_stand_with_their_task(store: Store, tmp_path: Path) -> None:
    one, other = runs_with(store, rows(2), [["a", "b"], ["c", "d"]])
    compared(store, (one, other), 1, 0.0)
    results = document(batches.write(store, [one, other], tmp_path, NOW).final_results)["results"]
    assert results[0]["comparisons"] == []
    [found] = results[1]["comparisons"]
    assert (found["author"], found["criteria"][0]["value"], found["needs_review"]) == ("human", 0.0, False)


def test_what_was_interrupted_is_gone_on_with(store: Store, pair: tuple[Run, Run], tmp_path: Path) -> None:
    run, judge = pair
    events = spoken(store, run, judge)
    store.record(judge, events[:2])
    batch = batches.Batch(store, tmp_path, "b", every=0)
    batch(judge, events[:1])
    path = tmp_path / "b_evaluations.jsonl"
    whole = path.read_text()
    # Killed in the middle of the next line, which is stored, but does not stand here.
    path.write_text(whole + '{"evaluation_id": "score-1", "tas')
    store.record(judge, events[2:])
    batch = batches.Batch(store, tmp_path, "b", every=0)
    batch(judge, events[2:])
    assert path.read_text().startswith(whole)
    batch.finish([judge])
    batch.finish([judge])
    told = lines(path)
    assert len(told) == len({one["evaluation_id"] for one in told}) == 6


def test_every_run_has_a_log(store: Store, pair: tuple[Run, Run], tmp_path: Path) -> None:
    run, judge = pair
    batch = batches.Batch(store, tmp_path, "b", every=0)
    events = [
        event(judge, kind="run_started", body={"attempt": 1}),
        event(judge, body={"message": "the cache is away\nfor now"}),
        *spoken(store, run, judge),
    ]
    store.record(judge, events)
    batch(judge, events)
    told = (tmp_path / f"b_{judge.id}.log").read_text().splitlines()
    assert [re.match(r"\S+ (\w+) attempt 1 (\w+)", line).groups() for line in told] == [  # type: ignore[union-attr]
        ("INFO", "run_started"),
        ("WARNING", "warning"),
        *[("DEBUG", "sample_done")] * 3,
    ]
    assert '"quality/right=no"' in told[3]


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from keys(inner)


def test_all_keys_are_in_snake_case(store: Store, tmp_path: Path) -> None:
    row = {
        "task_id": 1,
        "prompt": "Why?",
        "model_responses": {"m": "So."},
        "human_evaluations": [{"model": "m", "Results Formulae": "yes"}],
        "metadata": {"Subject Area": "x", "subTopic": {"Deep-Key": 1}},
    }
    path = tmp_path / "batch.jsonl"
    path.write_text(json.dumps(row))
    done = ingestion.ingest(store, ingestion.read(path), None, NOW)
    written = batches.write(store, done.runs, tmp_path, NOW)
    told = [document(written.final_results), document(written.formatted), lines(written.evaluations)]
    assert document(written.final_results)["results"][0]["metadata"] == {
        "subject_area": "x",
        "sub_topic": {"deep_key": 1},
    }
    assert [key for key in keys(told) if not re.fullmatch(r"[a-z0-9_]+", key)] == []


def test_two_batches_in_a_second_have_two_folders(store: Store, pair: tuple[Run, Run], tmp_path: Path) -> None:
    folders = [batches.write(store, [pair[0]], tmp_path, NOW).evaluations.parent.name for _ in range(2)]
    assert folders == ["first_20261106_140320", "first_20261106_140320_2"]


def test_a_folder_that_cannot_be_written_does_not_stop_the_run(
    store: Store, pair: tuple[Run, Run], tmp_path: Path
) -> None:
    run, judge = pair
    batch = batches.Batch(store, tmp_path / "b", "b", every=0)
    (tmp_path / "b" / "b_evaluations.jsonl").mkdir()
    events = spoken(store, run, judge)
    store.record(judge, events)
    batch(judge, events)
    assert batch.trouble is not None
    assert "cannot be written" in batch.trouble
    with pytest.raises(SpecError, match="cannot write"):
        batch.finish([judge])
