"""Reports of runs that never were: records as the platform would keep them, some of their texts hostile."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from benchbook.engine.metrics import fold
from benchbook.records.datasets import Dataset, Sample
from benchbook.records.generations import Generation
from benchbook.records.runs import Experiment, Run, RunStatus
from benchbook.records.scores import Answer, Score
from benchbook.service.report_figures import Report, RunReport
from benchbook.specs.datasets import Row
from benchbook.specs.experiments import ExperimentSpec, RunSpec
from benchbook.specs.outputs import Output, Usage
from benchbook.specs.plan import plan
from benchbook.specs.use import Use
from benchbook.specs.verdicts import Verdict

NOW = datetime(2026, 11, 6, 14, 3, 20, tzinfo=UTC)
SLICES = (("easy", 44, 0.55), ("medium", 24, 0.25), ("hard", 16, 0.05))
MISSES = ("failed", "failed", "failed", "error", "error", "timeout", "memory", "output_limit", "crash")

HOSTILE = (
    "<script>document.title='pwned'</script>",
    "</script></style><script>document.title='pwned'</script>",
    "</pre></details><img src=x onerror=\"document.title='pwned'\"><svg onload=document.title='pwned'>",
    "nul \x00 bell \x07 ansi \x1b[31mred\x1b[0m return \r end",
    "bidi \u202e reversed \u2066 isolate \u200f mark \ufeff zero",
    "a lone surrogate \ud800 and a pair of them \udc00\ud800",
    "<!-- {{ 7 * 7 }} {% raw %} ]]> &lt; &amp;",
    "| pipe ` tick ``` fence\n```\n````\n~~~ ![x](data:x) <b>bold</b> | end",
)

EXAMPLES = "\n".join(
    f"def example_{at}(numbers: list[int]) -> int:\n    return sum(numbers) + {at}\n" for at in range(3)
)
"""What the prompts of the first model begin with."""

Answering = Callable[[Run, Sample, int], tuple[str, str]]
"""The reply to a sample, and the label of its verdict."""


def report(
    models: Sequence[str] = ("smollm2-135m", "gemma-3-270m"),
    samples: Sequence[Sample] = (),
    epochs: int = 1,
    answering: Answering | None = None,
    tasks: Sequence[str] = ("python-coding",),
) -> Report:
    """Every model on every task, with answers by chance unless `answering` says otherwise."""
    asked = list(samples) or coding_samples()
    dataset = dataset_of(asked)
    experiment, planned = experiment_of(models, tasks, epochs)
    runs = [
        run_report(
            planned_run(experiment, spec, dataset, len(asked) * epochs, at), dataset, asked, answering or by_chance
        )
        for at, spec in enumerate(planned)
    ]
    return Report([experiment], runs, NOW)


def coding_samples() -> list[Sample]:
    """Problems in three slices, of the shape of the built-in benchmark."""
    rows = [
        Row(key=f"{part}/problem_{at}", input=_problem(part, at), slices=(part,), tags=(SKILLS[at % len(SKILLS)],))
        for part, size, _ in SLICES
        for at in range(size)
    ]
    return samples_of(rows)


def samples_of(rows: Sequence[Row]) -> list[Sample]:
    return [
        Sample(id=f"sample-{at:04}", created_at=NOW, dataset_id="data-1", position=at, row=row)
        for at, row in enumerate(rows)
    ]


def dataset_of(samples: Sequence[Sample]) -> Dataset:
    slices = tuple(dict.fromkeys(part for sample in samples for part in sample.row.slices))
    return Dataset(
        id="data-1",
        created_at=NOW,
        name="python-problems",
        version="5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
        reader=Use(name="python-problems"),
        size=len(samples),
        slices=slices,
    )


def experiment_of(models: Sequence[str], tasks: Sequence[str], epochs: int) -> tuple[Experiment, list[RunSpec]]:
    spec = ExperimentSpec.parse(
        {
            "name": "eval_v1",
            "models": [{"model": f"llamacpp/{at}", "name": name} for at, name in enumerate(models)],
            "tasks": [
                {
                    "name": task,
                    "dataset": "python-problems",
                    "solver": "python-code",
                    "scorers": ["python-tests"],
                    "epochs": epochs,
                }
                for task in tasks
            ],
            "prices": {models[0]: {"input": 0.05, "output": 0.4}},
        }
    )
    experiment = Experiment(
        id="exp-1m5xk2a3vq8d0e", created_at=NOW, name=spec.name, spec=spec, fingerprint=spec.fingerprint()
    )
    return experiment, plan(spec)


def planned_run(
    experiment: Experiment, spec: RunSpec, dataset: Dataset, total: int, at: int, status: RunStatus = "completed"
) -> Run:
    return Run(
        id=f"run-1m5xk2a4r{at}k7pz",
        created_at=NOW,
        experiment_id=experiment.id,
        position=at,
        spec=spec,
        fingerprint=spec.fingerprint(),
        dataset_id=dataset.id,
        status=status,
        attempt=1,
        total=total,
        environment={
            "benchbook": "0.1.0",
            "commit": "3c1ac81d9c1f0a7be5a7f6f6bb0b0a3f5d0b9a11",
            "python": "3.11.7",
            "platform": "Linux-6.12-x86_64-with-glibc2.36",
            "processor": "AMD EPYC 9B14",
            "cores": "2",
            "xllamacpp": "2026.10.11549",
            "model.sha256": f"{at:064x}",
        },
        started_at=NOW - timedelta(minutes=4),
        finished_at=NOW - timedelta(minutes=2, seconds=13 * at),
    )


def run_report(run: Run, dataset: Dataset, samples: Sequence[Sample], answering: Answering) -> RunReport:
    answers = [
        answer(run, sample, epoch, *answering(run, sample, epoch))
        for epoch in range(1, run.spec.task.epochs + 1)
        for sample in samples
    ]
    return RunReport(run, dataset, fold(run, answers, NOW), answers)


def by_chance(run: Run, sample: Sample, epoch: int) -> tuple[str, str]:
    """A plausible reply; later models are a little better."""
    dice = random.Random(f"{run.id} {sample.id} {epoch}")
    chance = next(rate for part, _, rate in SLICES if part in (sample.row.slices or ("easy",)))
    label = "passed" if dice.random() < chance + 0.12 * run.position else dice.choice(MISSES)
    name = sample.key.rpartition("/")[2]
    program = (
        f"def {name}(numbers, k):\n"
        "    # sorted copies keep the caller's list as it was\n"
        "    return sorted(numbers)[-k:] if k > 0 else []\n"
    )
    return f"Sure! Here it is:\n\n```python\n{program}```\n\nIt sorts the numbers and takes the last `k`.", label


def answer(run: Run, sample: Sample, epoch: int, reply: str, label: str) -> Answer:
    """The sample's generation with its score; label `no answer` for a model that broke, `unscored` for a scorer."""
    dice = random.Random(f"{run.id} {sample.id} {epoch} cost")
    generation = Generation(
        id=Generation.id_for(run.id, sample.id, epoch),
        created_at=NOW,
        run_id=run.id,
        sample_id=sample.id,
        epoch=epoch,
        prompt=sample.row.input if run.position else f"{EXAMPLES}{sample.row.input}",
        output=None if label == "no answer" else _output(reply, dice),
        cost=dice.uniform(0.0001, 0.0004) if run.spec.price else None,
        error="the server answered 503 five times" if label == "no answer" else None,
    )
    return sample, generation, () if label == "no answer" else (_score(generation, label, dice),)


def _output(reply: str, dice: random.Random) -> Output:
    program = reply.partition("```python\n")[2].partition("```")[0] or reply
    return Output(
        text=reply,
        stop_reason="stop",
        usage=Usage(input_tokens=dice.randrange(120, 420), output_tokens=dice.randrange(30, 190)),
        latency=dice.uniform(0.4, 4.5),
        answer=program,
        answer_rule="fence",
    )


def _score(generation: Generation, label: str, dice: random.Random) -> Score:
    return Score(
        id=f"score-{generation.id}",
        created_at=NOW,
        run_id=generation.run_id,
        generation_id=generation.id,
        author="code",
        author_id="python-tests",
        author_version="0.1.0",
        verdict=_verdict(label, dice),
    )


def _verdict(label: str, dice: random.Random) -> Verdict:
    if label == "unscored":
        return Verdict(name="python-tests", error="SandboxUnavailable: bwrap cannot make a user namespace here")
    passed = label == "passed"
    return Verdict(
        name="python-tests",
        value=1.0 if passed else 0.0,
        label=label,
        explanation="" if passed else "top_k([3, 1, 2], 5) == [1, 2, 3]: got [3]",
        trace=_trace(label, dice),
    )


def _trace(label: str, dice: random.Random) -> dict[str, JsonValue]:
    ended = ("passed", "passed", "passed", "passed", "passed", label, "passed" if label == "passed" else "skipped")
    tests: list[JsonValue] = [
        {
            "test": f"top_k([3, 1, 2], {at}) == {sorted([3, 1, 2])[-at:] if at else []}",
            "status": status,
            "hidden": at > 3,
            "got": "[3]" if status == "failed" else "",
            "error": "" if status in ("passed", "failed", "skipped") else f"the program met its end: {label}",
        }
        for at, status in enumerate(ended)
    ]
    return {
        "tests": tests,
        "stdout": "",
        "stderr": "" if label == "passed" else 'Traceback (most recent call last):\n  File "<program>", line 3\n',
        "cpu": dice.uniform(0.001, 0.01),
        "wall": dice.uniform(0.01, 0.06),
        "peak_memory": dice.randrange(9 << 20, 15 << 20),
        "sandbox": "ns",
        "comparison": "typed-values/3 (rel 1e-09, abs 1e-12)",
    }


SKILLS = ("arithmetic", "strings", "lists", "dictionaries", "recursion", "parsing")


def _problem(part: str, at: int) -> str:
    return (
        f"def problem_{at}(numbers: list[int], k: int) -> list[int]:\n"
        f'    """Return the {at + 1 if part != "easy" else "k"} largest of numbers in ascending order.\n\n'
        f'    >>> problem_{at}([3, 1, 2], 2)\n    [2, 3]\n    """\n'
    )
