"""A store that has something to show on every page: two models, their judges, people, failures, LaTeX, hostile text."""

import asyncio
import json
import tomllib
from collections.abc import Mapping
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

HOSTILE = (
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 2'>",
    "<svg onload='window.pwned = 3'><animate onbegin='window.pwned = 3' attributeName=x dur=1s></svg>",
    "[a link](javascript:window.pwned=4) and [another](data:text/html,<script>window.pwned=4</script>)",
    "![a picture](https://tracker.example/pixel.png) **bold** ![x](javascript:window.pwned=5)",
    "$\\href{javascript:window.pwned=6}{x}$ $\\includegraphics{https://tracker.example/x.png}$ $\\htmlData{x=y}{z}$",
    "</pre></textarea></title></style><iframe srcdoc='<script>parent.pwned = 7</script>'></iframe>",
    "\u202egnirts desrever\u202c \u200b\u2066hidden\u2069 \x1b[31mred\x1b[0m \x07\x00 nul",
    "Z" + "\u0301\u0317\u0348" * 400 + " many accents",
    "```html\n<script>window.pwned = 8</script>\n```\n\n<details open ontoggle='window.pwned=8'>x</details>",
    "{{constructor.constructor('window.pwned = 9')()}} ${window.pwned = 9} <%= pwned %>",
    "<a href=' javascript:window.pwned=10'>x</a> <form action=javascript:pwned><button>go</button></form>",
    "<style>* { display: none !important }</style> <link rel=stylesheet href=//tracker.example/x.css>",
    "<https://tracker.example/?q=1> www.tracker.example <base href=//tracker.example/>",
    "A" * 5_000_000,
    "| a | b |\n|---|---|\n| <img src=x onerror=pwned=11> | `</code><script>pwned=11</script>` |",
)
"""What models may write, and pages must show as text."""

HARMLESS = "The answer is $x = \\frac{1}{2}$.\n\n1. First \\(a^2 + b^2 = c^2\\).\n2. Then **done**.\n"


def fill(store: Store, folder: Path) -> None:
    """All that is shown, in a fresh store."""
    _coding(store)
    _people(store, folder)
    _hostile(store, folder)
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
            "judges": [{"rubric": "code-review", "model": "rules"}, {"rubric": "quality-3", "model": "rules"}],
            "prices": {name: {"input": 3.0, "output": 15.0, "currency": "USD"} for name in ("steady-7b", "hasty-1b")},
            "run": {"concurrency": 8, "allowed_error_rate": 1.0, "cache": False},
        },
    )


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
    """Whatever a model may write, from two models, and from the judge that looks at them."""
    path = folder / "hostile.jsonl"
    asked = [{"key": f"h{at} {text[:60]}", "input": text, "target": "x"} for at, text in enumerate(HOSTILE)]
    path.write_text("".join(json.dumps(row) + "\n" for row in asked))
    carried_out(
        store,
        {
            "name": "hostile",
            "description": HOSTILE[1],
            "models": [
                {"name": "mallory", "model": "mock/mallory", "args": {"replies": [*HOSTILE, HARMLESS]}},
                {"name": "trudy", "model": "mock/trudy", "args": {"replies": [HARMLESS, *reversed(HOSTILE)]}},
            ],
            "tasks": [{"name": "repeat", "dataset": {"jsonl": {"file": str(path)}}, "scorers": ["exact-match"]}],
            "judges": [
                {
                    "rubric": "code-review",
                    "models": [
                        {"name": "eve", "model": "mock/eve", "args": {"replies": [_form(one) for one in HOSTILE]}}
                    ],
                }
            ],
            "run": {"concurrency": 1, "allowed_error_rate": 1.0, "cache": False},
        },
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


def _form(text: str) -> str:
    """A judge's form, filled in with hostile reasons."""
    said = {"justification": text, "answer": "first", "confidence": 0.7}
    return json.dumps({"items": {"preference": said}, "preference": said, "critique": text, "issues": []})
