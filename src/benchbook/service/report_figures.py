"""What every form of a report says, before it has a form: runs that may be compared, and who said what of them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import zip_longest
from typing import get_args

from benchbook.records.datasets import Dataset, Sample
from benchbook.records.events import RunEvent
from benchbook.records.generations import Generation
from benchbook.records.metrics import Metric
from benchbook.records.runs import Experiment, Run
from benchbook.records.scores import Answer, Score
from benchbook.service.report_text import percent
from benchbook.service.report_whole import UNDECIDED, Whole, told_by, whole
from benchbook.service.stopping import said
from benchbook.specs.commands import TestStatus
from benchbook.specs.rubrics import NOTES

ANSWERS = 1000
"""Answers of one task that are shown in full; figures are over all."""
UNISOLATED = "none"
"""The sandbox that is none."""
NO_ANSWER = "no answer"
"""The word for a generation that failed."""
UNSCORED = "unscored"
"""The word for an answer without a verdict."""
MEANING = {
    "passed": "every test passed",
    "failed": "at least one test got a wrong value",
    "error": "the program raised an exception, ended early, or lacks the function",
    "timeout": "more processor or clock time than allowed",
    "memory": "more memory than allowed",
    "output_limit": "more output than allowed",
    "crash": "ended by a signal",
    "violation": "tried what the sandbox forbids",
    "protocol_error": "gave back something that is no plain value",
    "skipped": "not run",
    "infra_error": "the sandbox itself failed; never counted against the model",
    NO_ANSWER: "the model gave no answer; left out of the rates",
    UNSCORED: "no verdict could be reached, or the model gave no answer; left out of the rates",
}


@dataclass(frozen=True)
class RunReport:
    """A run with its figures, and what it was answered."""

    run: Run
    dataset: Dataset
    metrics: Sequence[Metric]
    answers: Sequence[Answer]
    """All, or those of the first samples, and then the first failures of each score."""
    everything: Whole | None = None
    """What `answers` stand for, if they are not all."""
    traffic: Sequence[RunEvent] = ()
    """What its attempts told of requests when they ended."""
    flags: Mapping[str, int] = field(default_factory=dict)
    """How many answers a judge run flags, by the rule."""

    @cached_property
    def whole(self) -> Whole:
        """All answers of the run, whether they are shown or not."""
        return self.everything or whole(told_by(self.answers))

    @property
    def unfinished(self) -> str | None:
        """How far a run got that is not complete; None if it is."""
        done, total = self.whole.answers, self.run.total
        if self.run.status == "completed" and done >= total:
            return None
        return f"{self.run.status}, {done:,} of {total:,} generations"

    def metric(self, name: str, score: str = "", part: str = "") -> Metric | None:
        """The figure of that name, if there is one."""
        return self._by_place.get((name, score, part))

    def value(self, name: str) -> float | None:
        """The value of a figure about the run itself."""
        found = self.metric(name)
        return found.value if found else None

    def rate(self, score: str, part: str = "") -> Metric | None:
        """The pass rate of a score, or its mean where values lie between."""
        return self.metric("pass_rate", score, part) or self.metric("mean", score, part)

    @cached_property
    def sandboxes(self) -> list[str]:
        """What its programs ran in, by the word of the run and of each answer; several if it was resumed elsewhere."""
        found = {witness.sandbox for witness in self.whole.witnesses}
        return sorted({*found, self.run.environment.get("sandbox", "")} - {""})

    def outcomes(self, score: str) -> Counter[str]:
        """How many generations got which label."""
        labels = [m for m in self.metrics if m.score == score and m.name.startswith("label.")]
        return Counter({metric.name.removeprefix("label."): int(metric.value or 0) for metric in labels})

    def answers_to(self, criterion: str) -> list[tuple[str, int]]:
        """What was said of a criterion, in words, and how often; the commonest first."""
        found = self.outcomes(criterion).most_common()
        return [(label.replace("_", " "), number) for label, number in found if number and label != UNSCORED]

    @cached_property
    def _by_place(self) -> dict[tuple[str, str, str], Metric]:
        return {(metric.name, metric.score, metric.slice): metric for metric in self.metrics}


@dataclass(frozen=True)
class Report:
    """What is reported: runs, and the experiments they belong to."""

    experiments: Sequence[Experiment]
    runs: Sequence[RunReport]
    generated_at: datetime


@dataclass(frozen=True)
class Opinion:
    """A verdict in a word, its value, and why."""

    word: str
    value: float | None
    why: str


@dataclass(frozen=True)
class Try:
    """One answer to one sample, and what the task's first score says of it."""

    generation: Generation
    scores: Sequence[Score]
    opinion: Opinion


@dataclass(frozen=True)
class Criterion:
    """An item of a rubric, how deep it stands in it, and what its score is called."""

    name: str
    depth: int
    score: str


@dataclass(frozen=True)
class Asked:
    """A sample, and the tries of every run at it, in the order of the runs."""

    sample: Sample
    tries: Sequence[Sequence[Try]]


@dataclass(frozen=True)
class TaskReport:
    """The runs of one task on the same data: those that may be laid side by side."""

    name: str
    dataset: Dataset
    runs: Sequence[RunReport]
    models: Sequence[str]
    """What the runs are called, in their order; no two alike."""

    @cached_property
    def scores(self) -> list[str]:
        """The names of its scores; those of the task's scorers first, in their order."""
        order = [scorer.name for run in self.runs for scorer in run.run.spec.task.scorers]
        found = [metric.score for run in self.runs for metric in run.metrics if metric.score]
        return [name for name in dict.fromkeys([*order, *found]) if name in found]

    @cached_property
    def criteria(self) -> list[Criterion]:
        """The items of the rubrics that its runs judge by, as one reads them, but for what is the whole."""
        rubrics = {
            run.run.spec.judging.rubric.name: run.run.spec.judging.rubric for run in self.runs if run.run.spec.judging
        }
        every = [each for rubric in rubrics.values() for each in rubric.criteria()]
        found = [Criterion(path.rpartition("/")[2], path.count("/"), score) for path, score in every]
        return [one for one in found if one.score in self.scores]

    @cached_property
    def whole_scores(self) -> list[str]:
        """Its scores, but for those of criteria and what rules make of a judge's answers."""
        judging = [run.run.spec.judging for run in self.runs]
        noted = {f"{one.rubric.name}/{note}" for one in judging if one for note in NOTES}
        return [name for name in self.scores if name not in noted | {one.score for one in self.criteria}]

    @cached_property
    def flags(self) -> list[tuple[str, list[int]]]:
        """The rules by which answers are flagged for review, and how many of each run; the commonest first."""
        rules = {rule for run in self.runs for rule in run.flags}
        counts = ((rule, [run.flags.get(rule, 0) for run in self.runs]) for rule in rules)
        return sorted(counts, key=lambda one: (-sum(one[1]), one[0]))

    @cached_property
    def slices(self) -> list[str]:
        """The slices there are figures of, in the order of the data set."""
        figures = [metric for run in self.runs for metric in run.metrics if metric.n or metric.excluded]
        found = {metric.slice for metric in figures if metric.slice}
        return [name for name in dict.fromkeys([*self.dataset.slices, *sorted(found)]) if name in found]

    @property
    def epochs(self) -> int:
        """How often its samples were asked, at most."""
        return max(run.run.spec.task.epochs for run in self.runs)

    def ks(self, score: str) -> list[int]:
        """The numbers of tries that pass@k is known for."""
        names = {metric.name for run in self.runs for metric in run.metrics if metric.score == score}
        return sorted(int(name.removeprefix("pass@")) for name in names if name.startswith("pass@"))

    def corpus(self, score: str) -> list[str]:
        """The names of its figures of many answers together: those of the task's metrics."""
        names = [metric.name for run in self.runs for metric in run.run.spec.task.metrics]
        return [name for name in dict.fromkeys(names) if any(run.metric(name, score) for run in self.runs)]

    def labels(self, score: str) -> list[str]:
        """Every label its runs got: the verdicts on programs in their own order, then others by frequency."""
        total: Counter[str] = Counter()
        for run in self.runs:
            total.update(run.outcomes(score))
        statuses = get_args(TestStatus)
        others = sorted(total.keys() - {*statuses, UNSCORED}, key=lambda label: (-total[label], label))
        return [label for label in (*statuses, *others, UNSCORED) if total[label]]

    @cached_property
    def asked(self) -> list[Asked]:
        """Its samples in the order of the data set, with what became of them."""
        samples = {sample.id: sample for run in self.runs for sample, _, _ in run.answers}
        tries = [_tries(run, self.scores[0] if self.scores else "") for run in self.runs]
        ordered = sorted(samples.values(), key=lambda sample: (sample.position, sample.id))
        return [Asked(sample, [of_run.get(sample.id, []) for of_run in tries]) for sample in ordered]

    @cached_property
    def shown(self) -> list[Asked]:
        """The first of its samples: as many as make a page that can be read and sent around."""
        return self.asked[: samples_shown(self.runs)]

    @cached_property
    def size(self) -> int:
        """How many samples were asked, by any of its runs."""
        return sum(map(any, zip_longest(*(run.whole.places for run in self.runs))))

    def failures(self, at: int) -> tuple[int, list[tuple[Asked, Try]]]:
        """How many tries of that run failed by the task's first score, and the first of them."""
        marks = self.runs[at].whole.marks.get(self.scores[0]) if self.scores else None
        if marks is None:
            return 0, []
        wanted = set(marks.failed)
        found = [(asked, one) for asked in self.asked for one in asked.tries[at]]
        return marks.failures, [
            (asked, one) for asked, one in found if (asked.sample.position, one.generation.epoch) in wanted
        ]

    def by_slice(self) -> list[tuple[str, list[tuple[int, Asked]]]]:
        """The samples that are shown with their places, each under its first slice."""
        found: dict[str, list[tuple[int, Asked]]] = {}
        for at, asked in enumerate(self.shown):
            found.setdefault(next(iter(asked.sample.row.slices), ""), []).append((at, asked))
        return list(found.items())

    def solved_by(self) -> list[tuple[str, int]]:
        """How many samples were solved by all models, by one alone, by some, by none; of those that all have a
        verdict on."""
        decided = Counter(self._solvers())
        everyone = tuple(range(len(self.models)))
        alone = [(f"only {name}", decided[at,]) for at, name in enumerate(self.models)]
        some = sum(number for solvers, number in decided.items() if 1 < len(solvers) < len(everyone))
        between = [("several, but not all", some)] if len(everyone) > 2 else []
        everybody = "both" if len(everyone) == 2 else f"all {len(everyone)}"
        return [(everybody, decided[everyone]), *between, *alone, ("none", decided[()])]

    def _solvers(self) -> Iterator[tuple[int, ...]]:
        """For each sample that every run has a verdict on, the runs that solved it, at least once."""
        marks = [run.whole.marks.get(self.scores[0]) if self.scores else None for run in self.runs]
        known = [mark for mark in marks if mark is not None]
        if len(known) < len(self.runs):
            return
        for place in range(min(len(mark.passes) for mark in known)):
            passes = [mark.passes[place] for mark in known]
            if UNDECIDED not in passes:
                yield tuple(at for at, number in enumerate(passes) if number)


def samples_shown(runs: Sequence[RunReport]) -> int:
    """How many samples of a task are shown in full."""
    return max(1, ANSWERS // (len(runs) * max(run.run.spec.task.epochs for run in runs)))


def by_task(report: Report) -> list[TaskReport]:
    """The runs, task by task; runs of different data versions stay apart."""
    groups = grouped(report.runs)
    return [TaskReport(name, runs[0].dataset, runs, _told_apart(runs)) for (name, _), runs in groups.items()]


def grouped(runs: Sequence[RunReport]) -> dict[tuple[str, str], list[RunReport]]:
    """The runs of each task on the same data."""
    groups: dict[tuple[str, str], list[RunReport]] = {}
    for run in runs:
        groups.setdefault((run.run.spec.task.name, run.dataset.id), []).append(run)
    return groups


def opinion(generation: Generation, scores: Sequence[Score], name: str) -> Opinion:
    """What the last score of that name says; the word for its absence where there is none."""
    if generation.output is None:
        return Opinion(NO_ANSWER, None, generation.error or "")
    said = [score.verdict for score in scores if score.name == name]
    if not said:
        return Opinion(UNSCORED, None, "")
    verdict = said[-1]
    if verdict.error is not None or verdict.value is None:
        return Opinion(verdict.label or UNSCORED, None, verdict.error or verdict.explanation)
    return Opinion(verdict.label or f"{verdict.value:g}", verdict.value, verdict.explanation)


def origin(task: TaskReport, score: str) -> str:
    """Where the verdicts of that name come from, in a sentence."""
    found = [witness for run in task.runs for witness in run.whole.witnesses if witness.score == score]
    if any(one.author != "code" for one in found):
        who = ", ".join(sorted({f"{one.author} {one.author_id}" for one in found}))
        return f"These verdicts are opinions, given by {who}."
    sandboxes = sorted({one.sandbox for one in found if one.sandbox})
    if sandboxes:
        named = ("without isolation" if name == UNISOLATED else f"in the sandbox {name}" for name in sandboxes)
        where = ", ".join(named)
        return (
            f"Verdicts come from executed tests: every extracted program ran in a process of its own, {where}, and "
            "what it gave was compared with the expected values outside of it."
        )
    return f"Verdicts are computed by the scorer {score}."


WITHOUT_ISOLATION = (
    "programs ran without isolation (sandbox: none). They could read and change whatever the user could, tests and "
    "results included."
)
"""Said of a run wherever it is shown."""
INTERVALS = (
    "Each figure stands over its 95 % interval and the number of samples behind it. Samples without a verdict are "
    "excluded, never counted as wrong. An interval is about one model: whether two models differ takes a paired test, "
    "not a look at whether their intervals overlap."
)


def warnings(report: Report) -> Iterator[str]:
    """What must stand above everything else."""
    for run in report.runs:
        if UNISOLATED in run.sandboxes:
            yield f"{run.run.spec.model.name} on {run.run.spec.task.name}: {WITHOUT_ISOLATION}"


def cheatable(metrics: Iterable[Metric]) -> str:
    """How many samples could have been cheated on, in a sentence; empty if none."""
    for metric in metrics:
        if metric.name == "cheatable" and metric.value:
            were = "sample was" if metric.n == 1 else "samples were"
            return (
                f"{metric.value:,.0f} of {metric.n:,} {were} tested in the program's own process, where it could cheat."
            )
    return ""


def from_cache(run: Run, metrics: Iterable[Metric]) -> str:
    """How many answers were known already and what that saved, in a sentence; empty if none."""
    found = {metric.name: metric for metric in metrics if not metric.score}
    cached, saved = found.get("cached"), found.get("saved")
    if cached is None or not cached.value:
        return ""
    price = f", which saved {saved.value or 0:,.4f} {run.spec.price.currency}" if saved and run.spec.price else ""
    share = percent(cached.value / cached.n)
    were = "answer was" if cached.n == 1 else "answers were"
    taken = f"{cached.value:,.0f} of {cached.n:,} {were} taken from the cache ({share}){price}"
    return f"{taken}; times are those of the day they were made."


def notes(report: Report) -> Iterator[str]:
    """What a reader must know before believing a figure."""
    for run in report.runs:
        who = f"{run.run.spec.model.name} on {run.run.spec.task.name}"
        if run.unfinished:
            yield f"{who}: {run.unfinished}. Its figures are partial."
        if early := said(run.run):
            yield f"{who}: {early}. Intervals of slices and other scores do not allow for that."
        if run.run.error:
            ended = "the run broke" if run.run.status == "failed" else run.run.status
            yield f"{who}: {ended}: {run.run.error}"
        errors = run.value("errors")
        if errors:
            failed = "1 generation failed and is" if errors == 1 else f"{errors:,.0f} generations failed and are"
            yield f"{who}: {failed} left out of the rates."


def _tries(run: RunReport, score: str) -> dict[str, list[Try]]:
    found: dict[str, list[Try]] = {}
    for sample, generation, scores in sorted(run.answers, key=lambda answer: answer[1].epoch):
        found.setdefault(sample.id, []).append(Try(generation, scores, opinion(generation, scores, score)))
    return found


def _told_apart(runs: Sequence[RunReport]) -> list[str]:
    """The models' names; with the run's id where two are alike."""
    names = Counter(run.run.spec.model.name for run in runs)
    return [
        f"{run.run.spec.model.name} ({run.run.id})" if names[run.run.spec.model.name] > 1 else run.run.spec.model.name
        for run in runs
    ]
