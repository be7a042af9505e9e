"""What is said of the answers of runs, as documents for other tools. All keys are in snake case."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from heapq import merge
from itertools import groupby
from typing import Any

from benchbook.records.generations import Generation
from benchbook.records.runs import Run
from benchbook.records.scores import Answer, Score
from benchbook.service.runs import metrics
from benchbook.specs.rubrics import NOTES
from benchbook.store import views
from benchbook.store.store import Store
from benchbook.store.views import Asked

KNOWN = ("ideal_response", "final_answer")
"""What of a sample's metadata has a place of its own."""


def evaluation(score: Score, models: Mapping[str, str], places: Mapping[str, Asked]) -> dict[str, Any]:
    """One verdict, with whose answer it is about."""
    place = places[score.generation_id]
    other = places.get(score.other_generation_id or "")
    verdict = score.verdict
    # Field by field: of these there are many, while a judge is waited for.
    return {
        "evaluation_id": score.id,
        "created_at": score.created_at.isoformat(),
        "run_id": score.run_id,
        "task_id": place.sample,
        "epoch": place.epoch,
        "model_id": models[place.run_id],
        "other_model_id": models[other.run_id] if other else None,
        "generation_id": score.generation_id,
        "other_generation_id": score.other_generation_id,
        "author": score.author,
        "author_id": score.author_id,
        "author_version": score.author_version,
        "rubric": score.rubric,
        "criterion": score.name,
        "value": verdict.value,
        "label": verdict.label,
        "explanation": verdict.explanation,
        "confidence": verdict.confidence,
        "spans": [span.model_dump(mode="json") for span in verdict.spans],
        "error": verdict.error,
        "trace": snake_keys(dict(verdict.trace)),
        "supersedes": score.supersedes,
    }


def summary(store: Store, answered: Sequence[Run], judges: Sequence[Run]) -> dict[str, Any]:
    """Which runs there are, how far they got, and their figures."""
    return {
        "tasks": sum(views.dataset(store, dataset_id).size for dataset_id in {run.dataset_id for run in answered}),
        "models": [run.spec.model.name for run in answered],
        "judges": [run.spec.model.name for run in judges],
        "runs": [_run(store, run, "response") for run in answered] + [_run(store, run, "judge") for run in judges],
    }


def results(store: Store, runs: Sequence[Run]) -> Iterator[dict[str, Any]]:
    """Every task with each model's responses, and what people, judges and code say of them."""
    models = {run.id: run for run in runs}
    superseded = views.superseded(store)
    of_data = groupby(sorted(runs, key=lambda run: (run.dataset_id, run.position)), key=lambda run: run.dataset_id)
    for _, those in of_data:
        streams = [views.discussed(store, run.id) for run in those]
        for _, answers in groupby(merge(*streams, key=_place), key=_place):
            yield _task(list(answers), models, superseded)


def opinions_of(task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every opinion in a task as a whole: by whom, on whose response, and criterion by criterion."""
    for response in task["evaluations"]:
        about = {"task_id": task["task_id"], "model_id": response["model_id"], "epoch": response["epoch"]}
        for kind in ("human", "judge", "code"):
            yield from ({**about, **one} for one in response[f"{kind}_evaluation"])
    yield from ({"task_id": task["task_id"], **compared} for compared in task["comparisons"])


def snake_keys(value: Any) -> Any:
    """The same with its keys in snake case; where two would become one, as they are."""
    if isinstance(value, list):
        return [snake_keys(one) for one in value]
    if not isinstance(value, dict):
        return value
    named = {key: snake_case(key) for key in value}
    clear = len(set(named.values())) == len(named)
    return {named[key] if clear else key: snake_keys(one) for key, one in value.items()}


@lru_cache(maxsize=1024)
def snake_case(name: str) -> str:
    """`finalAnswer`, `Final Answer` and `final-answer` as `final_answer`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"\W+", "_", parted).strip("_").lower() or name


def _place(answer: Answer) -> int:
    return answer[0].position


def _run(store: Store, run: Run, role: str) -> dict[str, Any]:
    progress = views.progress(store, run.id)
    return {
        "run_id": run.id,
        "role": role,
        "model_id": run.spec.model.name,
        "status": run.status,
        "total": progress.total,
        "done": progress.done,
        "failed": progress.failed,
        "config_sha256": run.fingerprint,
        "figures": [
            metric.model_dump(mode="json", exclude={"id", "created_at", "run_id"}) for metric in metrics(store, run)
        ],
    }


def _task(answers: Sequence[Answer], runs: Mapping[str, Run], superseded: frozenset[str]) -> dict[str, Any]:
    row = answers[0][0].row
    rest = {name: value for name, value in row.metadata.items() if name not in KNOWN}
    return {
        "task_id": row.key,
        "prompt": row.input if isinstance(row.input, str) else [turn.model_dump() for turn in row.input],
        "ideal_response": row.metadata.get("ideal_response"),
        "final_answer": row.metadata.get("final_answer", row.target),
        "metadata": snake_keys(rest),
        "evaluations": [
            _response(generation, runs[generation.run_id], scores, superseded) for _, generation, scores in answers
        ],
        "comparisons": list(_comparisons(answers, runs, superseded)),
    }


def _response(generation: Generation, run: Run, scores: Sequence[Score], superseded: frozenset[str]) -> dict[str, Any]:
    alone = [score for score in scores if score.other_generation_id is None]
    return {
        "model_id": run.spec.model.name,
        "run_id": run.id,
        "epoch": generation.epoch,
        "model_response": generation.output.text if generation.output else None,
        "error": generation.error,
        "human_evaluation": list(_opinions([s for s in alone if s.author == "human"], superseded)),
        "judge_evaluation": list(_opinions([s for s in alone if _of_a_judge(s, generation)], superseded)),
        "code_evaluation": list(
            _opinions([s for s in alone if s.author == "code" and not _of_a_judge(s, generation)], superseded)
        ),
    }


def _of_a_judge(score: Score, generation: Generation) -> bool:
    """Whether it comes from a model, or from a run that judges: code may be a judge, and checks what judges say."""
    return score.author == "model" or (score.author == "code" and score.run_id != generation.run_id)


def _opinions(scores: Sequence[Score], superseded: frozenset[str]) -> Iterator[dict[str, Any]]:
    """What each author says in each run, with what is noted of it there."""
    notes = [score for score in scores if _is_note(score)]
    said: dict[tuple[str, str, str], list[Score]] = {}
    for score in scores:
        if not _is_note(score):
            said.setdefault((score.run_id, score.author, score.author_id), []).append(score)
    for (run_id, author, author_id), those in said.items():
        flags = [flag for note in notes if note.run_id == run_id for flag in _flags(note)]
        audits = [note.verdict.label for note in notes if note.run_id == run_id and note.name.endswith("/audit")]
        yield {
            "run_id": run_id,
            "author": author,
            "author_id": author_id,
            "author_version": those[-1].author_version,
            "rubric": those[-1].rubric,
            "criteria": [_criterion(score, superseded) for score in those],
            "needs_review": any(_flagged(note) for note in notes if note.run_id == run_id),
            "review_reasons": flags,
            **({"audit": audits[-1]} if audits else {}),
        }


def _is_note(score: Score) -> bool:
    return score.author == "code" and score.name.rpartition("/")[2] in NOTES and "/" in score.name


def _flagged(note: Score) -> bool:
    return note.name.endswith("/review") and note.value == 0


def _flags(note: Score) -> list[Any]:
    flags = note.verdict.trace.get("flags")
    return list(flags) if isinstance(flags, list) else []


def _criterion(score: Score, superseded: frozenset[str]) -> dict[str, Any]:
    verdict = score.verdict.model_dump(mode="json", exclude={"name", "trace"})
    return {
        "criterion": score.name,
        **verdict,
        "evaluation_id": score.id,
        "superseded": score.id in superseded,
    }


def _comparisons(
    answers: Sequence[Answer], runs: Mapping[str, Run], superseded: frozenset[str]
) -> Iterator[dict[str, Any]]:
    """What is said of two responses, by pair and author."""
    known = {generation.id: generation for _, generation, _ in answers}
    for _, generation, scores in answers:
        pairs: dict[str, list[Score]] = {}
        for score in scores:
            if score.other_generation_id in known:
                pairs.setdefault(score.other_generation_id, []).append(score)
        for other_id, those in pairs.items():
            other = known[other_id]
            for opinion in _opinions(those, superseded):
                yield {
                    "model_id": runs[generation.run_id].spec.model.name,
                    "other_model_id": runs[other.run_id].spec.model.name,
                    "epoch": generation.epoch,
                    "other_epoch": other.epoch,
                    **opinion,
                }
