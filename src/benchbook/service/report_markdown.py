"""The Markdown report: the same tables, and the failures in short. What models wrote stays text."""

from collections.abc import Iterator, Sequence

from benchbook.records.metrics import Metric
from benchbook.records.runs import Experiment
from benchbook.service.markdown_text import fenced as _fenced
from benchbook.service.markdown_text import table as _table
from benchbook.service.markdown_text import text as _text
from benchbook.service.report_evidence import evidence
from benchbook.service.report_facts import config, facts, moment, repeat_command, resume_command, show_command
from benchbook.service.report_figures import (
    INTERVALS,
    MEANING,
    Asked,
    Criterion,
    Report,
    RunReport,
    TaskReport,
    Try,
    by_task,
    cheatable,
    from_cache,
    notes,
    origin,
    warnings,
)
from benchbook.service.report_judging import doubts
from benchbook.service.report_text import count, excerpt, interval, one_line, percent, plain, seconds

ROWS = 200
"""Samples in the table of who solves what."""
BODY = 800
"""Characters of a program that are shown."""


def markdown(report: Report) -> str:
    """The report as GitHub-flavoured Markdown."""
    return "\n\n".join(block for block in _blocks(report) if block) + "\n"


def _blocks(report: Report) -> Iterator[str]:
    title = ", ".join(dict.fromkeys(experiment.name for experiment in report.experiments))
    yield f"# {_text(title)}"
    runs = "1 run" if len(report.runs) == 1 else f"{len(report.runs)} runs"
    yield f"Benchbook report of {runs}, written {moment(report.generated_at)}."
    yield from (_text(experiment.spec.description) for experiment in report.experiments)
    yield "\n".join(f"> **WARNING:** {_text(warning)}  " for warning in warnings(report))
    yield "\n".join(f"> **Note:** {_text(note)}  " for note in notes(report))
    for task in by_task(report):
        yield from _task(task)
    yield "## How it was made"
    yield from _made(report.runs)
    for experiment in report.experiments:
        yield from _repeat(experiment)


def _task(task: TaskReport) -> Iterator[str]:
    epochs = f" × {task.epochs} tries" if task.epochs > 1 else ""
    yield f"## {_text(task.name)}"
    yield f"{count(task.size)} samples{epochs} of {_text(task.dataset.name)}."
    yield _doubts(task)
    if not task.scores:
        yield "There are no verdicts yet."
    for number, score in enumerate(task.whole_scores):
        yield f"### Results: {_text(score)}"
        yield _text(origin(task, score))
        yield _rates(task, score)
        yield INTERVALS if number == 0 else ""
        yield _cheatable(task)
        yield _pass_at(task, score)
        yield _corpus(task, score)
        yield "### Verdicts"
        yield _outcomes(task, score)
        yield _meanings(task.labels(score))
    yield from _judged(task)
    yield "### Speed and cost"
    yield _speed(task)
    yield _from_cache(task)
    yield from _solving(task)
    yield from _failures(task)


def _judged(task: TaskReport) -> Iterator[str]:
    """The criteria of a rubric, and why answers are flagged."""
    if task.criteria:
        yield "### By criterion"
        header = ["criterion", "model", "rate or mean", "95 % interval", "passed / n", "excluded", "answers"]
        yield _table(header, [row for one in task.criteria for row in _criterion(task, one)], left=2)
    if task.flags:
        yield "### Why answers are flagged for review"
        rows = [[_text(rule.replace("_", " ")), *map(count, numbers)] for rule, numbers in task.flags]
        yield _table(["rule", *map(_text, task.models)], rows)


def _criterion(task: TaskReport, one: Criterion) -> Iterator[list[str]]:
    for run, name in zip(task.runs, task.models, strict=True):
        answers = ", ".join(f"{_text(label)}: {count(number)}" for label, number in run.answers_to(one.score))
        # An indent that Markdown leaves alone.
        yield [
            "&nbsp;&nbsp;" * one.depth + _text(one.name),
            _text(name),
            *_rate(run.rate(one.score), task.epochs),
            answers,
        ]


def _doubts(task: TaskReport) -> str:
    said = [
        (name, one) for run, name in zip(task.runs, task.models, strict=True) for one in doubts(run.run, run.metrics)
    ]
    return "  \n".join(f"{_text(name)}: {_text(sentence)}" for name, sentence in said)


def _rates(task: TaskReport, score: str) -> str:
    header = ["model", "slice", "pass rate", "95 % interval", "passed / n", "excluded"]
    rows = [
        [_text(name), _text(part or "all"), *_rate(run.rate(score, part), task.epochs)]
        for run, name in zip(task.runs, task.models, strict=True)
        for part in ["", *task.slices]
    ]
    return _table(header, rows, left=2)


def _rate(metric: Metric | None, epochs: int) -> list[str]:
    if metric is None or metric.value is None:
        return ["–", "–", "–", count(metric.excluded if metric else None)]
    if metric.name == "mean":
        span = interval(metric.low, metric.high, unit=1)
        return [f"{plain(metric.value, 3)} (mean)", span, f"n = {count(metric.n)}", count(metric.excluded)]
    passed = f"{count(metric.value * metric.n)} / {count(metric.n)}" if epochs == 1 else f"n = {count(metric.n)}"
    return [percent(metric.value), interval(metric.low, metric.high), passed, count(metric.excluded)]


def _cheatable(task: TaskReport) -> str:
    said = {name: cheatable(run.metrics) for run, name in zip(task.runs, task.models, strict=True)}
    return "  \n".join(f"{_text(name)}: {_text(sentence)}" for name, sentence in said.items() if sentence)


def _pass_at(task: TaskReport, score: str) -> str:
    ks = task.ks(score)
    if not ks:
        return ""
    chances = [*(f"pass@{k}" for k in ks), *(f"pass^{k}" for k in ks if k > 1)]
    rows = [
        [_text(name), _text(part or "all"), *(_chance(run.metric(one, score, part)) for one in chances)]
        for run, name in zip(task.runs, task.models, strict=True)
        for part in ["", *task.slices]
    ]
    return _table(["model", "slice", *chances], rows, left=2)


def _chance(metric: Metric | None) -> str:
    return f"{percent(metric.value)} ({interval(metric.low, metric.high)})" if metric else "–"


def _corpus(task: TaskReport, score: str) -> str:
    """Figures of all answers together."""
    header = ["model", "slice", "of all answers together", "value", "95 % interval", "n", "excluded"]
    rows = [
        [_text(name), _text(part or "all"), _text(metric.name), *_together(metric)]
        for run, name in zip(task.runs, task.models, strict=True)
        for part in ["", *task.slices]
        for metric in (run.metric(one, score, part) for one in task.corpus(score))
        if metric
    ]
    return _table(header, rows, left=3) if rows else ""


def _together(metric: Metric) -> list[str]:
    span = interval(metric.low, metric.high, unit=1)
    return [plain(metric.value, 3), span, count(metric.n), count(metric.excluded)]


def _outcomes(task: TaskReport, score: str) -> str:
    labels = task.labels(score)
    rows = [
        [_text(name), *(count(run.outcomes(score)[label]) for label in labels)]
        for run, name in zip(task.runs, task.models, strict=True)
    ]
    return _table(["model", *map(_text, labels)], rows)


def _meanings(labels: Sequence[str]) -> str:
    return "; ".join(f"{_text(label)}: {MEANING[label]}" for label in labels if label in MEANING)


def _speed(task: TaskReport) -> str:
    header = ["model", "answer p50", "p95", "p99", "execution p50", "p95", "answers/s", "tokens/s", "tokens in", "out"]
    header += ["cost", "a sample", "no answer"]
    rows = [[_text(name), *_pace(run)] for run, name in zip(task.runs, task.models, strict=True)]
    return _table(header, rows)


def _pace(run: RunReport) -> Iterator[str]:
    for name in ("latency_p50", "latency_p95", "latency_p99", "exec_p50", "exec_p95"):
        yield seconds(run.value(name))
    yield plain(run.value("throughput"), 2)
    yield plain(run.value("tokens_per_second"), 1)
    yield from (count(run.value(name)) for name in ("input_tokens", "output_tokens"))
    price = run.run.spec.price
    yield f"{plain(run.value('cost'), 4)} {_text(price.currency) if price else ''}".strip()
    yield plain(run.value("cost_per_sample"), 6)
    yield count(run.value("errors"))


def _from_cache(task: TaskReport) -> str:
    said = {name: from_cache(run.run, run.metrics) for run, name in zip(task.runs, task.models, strict=True)}
    return "  \n".join(f"{_text(name)}: {_text(sentence)}" for name, sentence in said.items() if sentence)


def _solving(task: TaskReport) -> Iterator[str]:
    if len(task.models) < 2:
        return
    yield "### Who solves what"
    once = "at least once " if task.epochs > 1 else ""
    yield f"Solved {once}by " + ", ".join(f"{_text(name)}: **{count(number)}**" for name, number in task.solved_by())
    rows = [[_text(asked.sample.key), *(_verdict(tries) for tries in asked.tries)] for asked in task.shown[:ROWS]]
    yield _table(["sample", *map(_text, task.models)], rows, left=1 + len(task.models))
    if task.size > ROWS:
        yield (
            f"… {count(task.size - ROWS)} more samples; the HTML report shows the first {count(len(task.shown))}, "
            "`benchbook export` writes them all."
        )


def _verdict(tries: Sequence[Try]) -> str:
    if len(tries) == 1:
        passed = tries[0].opinion.value == 1
        return f"**{_text(tries[0].opinion.word)}**" if passed else _text(tries[0].opinion.word)
    return f"{sum(one.opinion.value == 1 for one in tries)} of {len(tries)}" if tries else "–"


def _failures(task: TaskReport) -> Iterator[str]:
    for at, name in enumerate(task.models):
        number, failed = task.failures(at)
        if failed:
            yield f"### {_text(name)}: the first {len(failed)} of {count(number)} failures"
            yield from (_failure(task, at, asked, one) for asked, one in failed)


def _failure(task: TaskReport, at: int, asked: Asked, one: Try) -> str:
    tried = f", try {one.generation.epoch}" if task.epochs > 1 else ""
    why = excerpt(one.opinion.why, 300)
    line = f"**{_text(asked.sample.key)}**{tried}: {_text(one.opinion.word)}{'. ' if why else ''}{_text(why.head)}"
    output = one.generation.output
    if output is None:
        return line
    body = excerpt(output.text if output.answer is None else output.answer, BODY)
    left_out = (
        f"\n… {count(body.left_out)} characters left out; all of it: "
        f"{one_line(show_command(task.runs[at].run, asked.sample))} …\n"
    )
    language = "python" if any(evidence(score) for score in one.scores) else ""
    return f"{line}\n\n{_fenced(body.head + (left_out + body.tail if body.left_out else ''), language)}"


def _made(runs: Sequence[RunReport]) -> Iterator[str]:
    """What all runs have in common, then what sets them apart."""
    rows = [(_text(name), [_text(value) for value in values]) for name, values in facts(runs)]
    yield _table(["", "all runs"], ([name, values[0]] for name, values in rows if len(set(values)) == 1), left=2)
    own = [[name, *values] for name, values in rows if len(set(values)) > 1]
    if own:
        yield _table(["", *(_text(run.run.spec.model.name) for run in runs)], own, left=1 + len(runs))


def _repeat(experiment: Experiment) -> Iterator[str]:
    yield f"### Repeat {_text(experiment.name)}"
    yield f"Save this config as `{experiment.name}.json`, then:"
    yield _fenced(f"{repeat_command(experiment)}\n{resume_command(experiment)}  # only what is left of it", "sh")
    yield _fenced(config(experiment), "json")
