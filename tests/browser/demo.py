"""A store that has something to show on every page: two models, their judges, people, failures, LaTeX, hostile text."""

import asyncio
import json
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from benchbook.records.runs import Run
from benchbook.service import ingestion, reviews
from benchbook.service.experiments import Terms, carry_out, prepare, submit
from benchbook.service.runs import Watch, utc_now
from benchbook.specs.files import read_text
from benchbook.specs.reviews import ReviewSpec
from benchbook.specs.use import Use
from benchbook.store import views
from benchbook.store.store import Store
from browser.hostile import HOSTILE

HOSTILE_MODELS = ("mallory", "trudy", "oscar", "sybil", "craig", "chuck", "wendy", "faythe")
STRIDE = 7
assert STRIDE * len(HOSTILE_MODELS) >= len(HOSTILE)


def fill(store: Store, folder: Path) -> None:
    """All that is shown, in a fresh store."""
    _coding(store)
    _people(store, folder)
    _hostile(store, folder)
    _drawn(store, folder)
    _broken(store, folder)
    _reviews(store)


def carried_out(store: Store, config: Mapping[str, Any]) -> list[Run]:
    """The runs of an experiment, carried out."""
    experiment = submit(store, prepare(read_text("e.yaml", json.dumps(config)), utc_now(), store))
    asyncio.run(carry_out(store, experiment, Watch(), Terms()))
    return views.runs_of(store, experiment.id)


def _coding(store: Store) -> None:
    """Two models on programs, one of which is hasty; judged in pairs and alone."""
    problems = [problem for part in ("easy", "medium") for problem in _problems(part)]
    right = {problem["key"]: _reply(problem["solution"]) for problem in problems}
    wrong = {problem["key"]: _reply(_spoilt(problem["solution"])) for problem in problems}
    steady = {key: (wrong if at % 9 == 4 else right)[key] for at, key in enumerate(right)}
    hasty = {key: (right if at % 3 else wrong)[key] for at, key in enumerate(right)}
    carried_out(
        store,
        {
            "name": "coding-demo",
            "description": "Two mock models on Python coding, judged by rules",
            "models": [
                {"name": "steady-7b", "model": "mock/steady", "args": {"by_sample": steady}},
                {"name": "hasty-1b", "model": "mock/hasty", "args": {"by_sample": hasty}},
            ],
            "tasks": [{"task": "python-coding", "slices": ["easy", "medium"]}],
            "judges": [
                {"rubric": "code-review", "model": "rules"},
                {"rubric": "quality-3", "model": "rules"},
                {"rubric": "code-review", "models": [_reader()]},
            ],
            "prices": {name: {"input": 3.0, "output": 15.0, "currency": "USD"} for name in ("steady-7b", "hasty-1b")},
            "gates": ["pass_rate >= 0.7", "error_rate <= 0", {"figure": "pass_rate", "max_drop": 0.02}],
            "run": {"concurrency": 8, "allowed_error_rate": 1.0, "cache": False},
        },
    )


def _reader() -> dict[str, Any]:
    """A judge that has a preference, and marks the passage that it is about."""
    claim = {"in": "response_1", "quote": "It runs in *linear* time.", "kind": "unclear", "note": "says not in what"}
    said = form({"preferred": "tie"}, because="Both do what was asked for, and claim the same.", issues=[claim])
    return {"name": "reader", "model": "mock/reader", "args": {"replies": said}}


def _people(store: Store, folder: Path) -> None:
    """Answers that people have looked at, and a judge."""
    rows = [
        {
            "task_id": f"sum-{number}",
            "prompt": f"What is \\( {number} \\times {number + 1} \\)? Give reasons.",
            "ideal_response": f"It is $$ {number} \\times {number + 1} = {number * (number + 1)} $$",
            "final_answer": str(number * (number + 1)),
            "model_responses": [
                {"model": "small", "response": _worked(number, wrong=number % 3 == 0)},
                {"model": "large", "response": _worked(number, wrong=number % 7 == 0)},
            ],
            "human_evaluations": [
                {"model": name, "annotator": who, "criterion": "stem-l1/results_formulae/final_result", "value": said}
                for name, wrong in (("small", number % 3 == 0), ("large", number % 7 == 0))
                for who, said in (("ann", "no" if wrong else "yes"), ("ben", "no" if wrong or number == 5 else "yes"))
            ],
            "metadata": {"subject": "arithmetic"},
        }
        for number in range(2, 32)
    ]
    path = folder / "sums.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    scorers = (Use(name="math-answer"),)
    ingestion.ingest(store, ingestion.read(path), "sums", utc_now(), scorers)
    carried_out(
        store,
        {
            "name": "sums-judged",
            "judges": [{"rubric": "stem-l1", "model": "rules", "runs": ["sums"]}],
            "run": {"allowed_error_rate": 1.0},
        },
    )


def _hostile(store: Store, folder: Path) -> None:
    """Whatever a model may write: from eight models, from a judge that looks at two of them, and as errors.

    What a model says of a question is STRIDE further for each of them, so that STRIDE questions have all of it.
    """
    path = folder / "hostile.jsonl"
    asked = [
        {"key": _key(at), "input": [{"role": "user", "content": text} for text in _from(at)], "target": text[:1000]}
        for at, text in enumerate(HOSTILE)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in asked))
    says = [{_key(at): _from(at)[nth] for at in range(len(HOSTILE))} for nth in range(len(HOSTILE_MODELS))]
    failures = [{"call": at, "message": text[:4000], "transient": False} for at, text in enumerate(HOSTILE, 1)]
    answered = carried_out(
        store,
        {
            "name": "hostile",
            "description": HOSTILE[2],
            "models": [
                *(
                    {"name": name, "model": f"mock/{name}", "args": {"by_sample": said}}
                    for name, said in zip(HOSTILE_MODELS, says, strict=True)
                ),
                {"name": "grace", "model": "mock/grace", "args": {"fail": failures}},
            ],
            "tasks": [{"name": "repeat", "dataset": {"jsonl": {"file": str(path)}}, "scorers": ["exact-match"]}],
            "run": {"concurrency": 8, "allowed_error_rate": 1.0, "cache": False},
        },
    )
    # In both orders, so each is asked for twice.
    forms = [hostile_form(at) for at in range(len(HOSTILE)) for _ in range(2)]
    eve = {"name": "eve", "model": "mock/eve", "args": {"replies": forms}}
    carried_out(
        store,
        {
            "name": "hostile-judged",
            "judges": [{"rubric": "code-review", "models": [eve], "runs": [run.id for run in answered[:2]]}],
            "run": {"concurrency": 1, "allowed_error_rate": 1.0, "cache": False},
        },
    )


def _drawn(store: Store, folder: Path) -> None:
    """Answers that a vote took out of several, each of which may be hostile, too."""
    path = folder / "drawn.jsonl"
    asked = [{"key": _key(at), "input": "What is 6 × 7?", "target": "42"} for at in range(STRIDE)]
    path.write_text("".join(json.dumps(row) + "\n" for row in asked))
    replies = [
        words for at in range(STRIDE) for words in ("So it is $\\boxed{42}$.", _from(at)[0], "I get \\boxed{42}.")
    ]
    carried_out(
        store,
        {
            "name": "drawn",
            "models": [{"name": "peggy", "model": "mock/peggy", "args": {"replies": replies}}],
            "tasks": [
                {
                    "name": "vote",
                    "dataset": {"jsonl": {"file": str(path)}},
                    "solver": {"majority-vote": {"n": 3}},
                    "scorers": ["exact-match"],
                }
            ],
            "run": {"concurrency": 1, "cache": False},
        },
    )


def hostile_form(at: int) -> str:
    """A judge's form, filled in with hostile reasons, that marks what is hostile."""
    reasons = "\n\n".join(text[:450] for text in _from(at))
    return form(
        {"preferred": "first"},
        because=reasons,
        issues=[{"quote": words[:60], "kind": "unsafe", "note": reasons} for words in _from(at)[:2]],
    )


def _broken(store: Store, folder: Path) -> None:
    """A run in which some samples fail."""
    path = folder / "broken.jsonl"
    rows = [{"key": f"q{at}", "input": f"question {at}", "target": "This is a mock reply."} for at in range(12)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    failures = [{"call": call, "message": "the model is overloaded", "transient": False} for call in (2, 5, 6)]
    carried_out(
        store,
        {
            "name": "with-failures",
            "models": [{"name": "fragile", "model": "mock/fragile", "args": {"fail": failures}}],
            "tasks": [{"name": "echo", "dataset": {"jsonl": {"file": str(path)}}, "scorers": ["exact-match"]}],
            "run": {"concurrency": 1, "cache": False},
        },
    )


def _reviews(store: Store) -> None:
    """Queues for people: programs in pairs, sums one by one, and hostile answers beside each other."""
    judges = {
        (run.spec.model.name, run.spec.judging.rubric.name, len(run.spec.judging.reads)): run
        for experiment in views.experiments(store)
        for run in views.runs_of(store, experiment.id)
        if run.spec.judging
    }
    wanted = {
        "pairs": ("rules", "code-review", 2),
        "sums": ("rules", "stem-l1", 1),
        "hostile-pairs": ("eve", "code-review", 2),
    }
    for name, judge in wanted.items():
        spec = ReviewSpec.parse({"name": name, "judge": judges[judge].id, "suggestion": "shown", "overlap": 2})
        reviews.open_review(store, spec, utc_now())


def _problems(part: str) -> list[dict[str, Any]]:
    text = (files("benchbook") / "data" / "python_coding" / f"{part}.toml").read_text(encoding="utf-8")
    return list(tomllib.loads(text)["problem"])


def _reply(solution: str) -> str:
    return f"Here is a function that does it:\n\n```python\n{solution.strip()}\n```\n\nIt runs in *linear* time."


def _spoilt(solution: str) -> str:
    return solution.replace("return ", "return None and ", 1)


def _worked(number: int, *, wrong: bool) -> str:
    product = number * (number + 1) + (1 if wrong else 0)
    return (
        f"We split the second factor:\n\n\\[ {number} \\times ({number} + 1) = {number}^2 + {number} \\]\n\n"
        f"so the answer is $\\boxed{{{product}}}$."
    )


def _key(at: int) -> str:
    return f"h{at} {HOSTILE[at][:60]}"


def _from(at: int) -> list[str]:
    """A text for each model; the long one is whole only with the first."""
    texts = [HOSTILE[(at + nth * STRIDE) % len(HOSTILE)] for nth in range(len(HOSTILE_MODELS))]
    return [texts[0], *(text[:50_000] for text in texts[1:])]


def form(answers: Mapping[str, str], because: str, issues: Sequence[Mapping[str, str]] = ()) -> str:
    """A judge's form, filled in."""
    items = {path: {"justification": because, "answer": said, "confidence": 0.7} for path, said in answers.items()}
    return json.dumps({"items": items, "issues": list(issues), "critique": because})
