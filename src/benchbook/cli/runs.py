"""`benchbook runs` and `benchbook show`: what there is, and what one run answered."""

from collections.abc import Sequence
from typing import Any

import click
from rich.table import Table

from benchbook.cli.output import console, json_option, note, opened_store, print_json
from benchbook.cli.progress import title
from benchbook.cli.tables import number, print_figures, print_table, run_document, table_of, worth
from benchbook.cli.text import printable
from benchbook.errors import NotFound
from benchbook.records.generations import Generation
from benchbook.records.metrics import RATES
from benchbook.records.runs import Run
from benchbook.records.scores import Answer, Score
from benchbook.service.report_facts import asked, traffic
from benchbook.service.runs import broken_off, metrics, named
from benchbook.store import views
from benchbook.store.store import Store


@click.command()
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="At most so many, newest first."
)
@click.option("--after", metavar="RUN", help="The next page: what comes after this run in the list.")
@json_option
def runs(limit: int, after: str | None, as_json: bool) -> None:
    """List experiments and their runs, newest first."""
    with opened_store() as store:
        found = views.runs(store, limit=limit, after=after)
        if as_json:
            print_json({"runs": [run_document(store, run, metrics(store, run)) for run in found]})
            return
        none = "no runs yet: `benchbook eval --help` shows how to begin one" if after is None else "no further runs"
        print_table(_runs_table(store, found), none)
        _tell_of_broken(store, found)


@click.command()
@click.argument("run")
@click.option("--sample", metavar="KEY", help="Show this sample in full.")
@click.option("--label", help="List only answers with this label, e.g. failed or timeout.")
@json_option
def show(run: str, sample: str | None, label: str | None, as_json: bool) -> None:
    """Show RUN (an id, its start or end, or an experiment with one run): its figures, every answer's verdict, and how
    it was made, down to versions, seeds and hashes."""
    with opened_store() as store:
        found = _one(store, run)
        answers = [a for a in views.generations(store, found.id) if _wanted(a, sample, label)]
        if sample is not None and not answers:
            raise NotFound(
                f"run {found.id} has no answer to a sample {sample!r}; `benchbook show {found.id}` lists them"
            )
        if as_json:
            dataset = views.dataset(store, found.dataset_id).model_dump(mode="json")
            document = {**run_document(store, found, metrics(store, found)), "dataset": dataset}
            ends = views.events_of(store, found.id, "parts_done")
            told = [{"attempt": event.attempt, **event.body} for event in ends]
            print_json({**document, "traffic": told, "answers": [_document(a) for a in answers]})
        elif sample is not None:
            for answer in answers:
                _print_answer(answer)
                _print_opinions(answer, views.opinions(store, answer[1].id))
        else:
            done = f"{views.progress(store, found.id).done} of {found.total} answered"
            click.echo(
                f"{found.id}: {title(found)}, {_status(store, found)}, {done}, {found.created_at:%Y-%m-%d %H:%M} UTC"
            )
            print_figures(store, [found], {found.id: metrics(store, found)})
            if found.error:
                click.echo(f"{found.status}: {printable(found.error)}")
            _tell_of_broken(store, [found])
            console().print(_answers_table(answers))
            console().print(_facts_table(store, found))


def _one(store: Store, name: str) -> Run:
    found = named(store, name)
    if len(found) > 1:
        runs = ", ".join(f"{run.id} ({run.spec.model.name})" for run in found)
        raise NotFound(f"{name!r} is an experiment; show one of its runs: {runs}")
    return found[0]


def _runs_table(store: Store, found: list[Run]) -> Table:
    table = table_of("=run", "experiment", "model", "task", "=status", ">done", ">score")
    for run in found:
        progress = views.progress(store, run.id)
        judged = run.spec.judging.rubric.name if run.spec.judging else None
        rates = [m for m in metrics(store, run) if m.name in RATES and not m.slice]
        whole = [m for m in rates if judged in (None, m.score)]
        score = worth(whole[0]) if whole else "–"
        experiment = views.experiment(store, run.experiment_id).name
        done = f"{progress.done}/{run.total}"
        table.add_row(run.id, experiment, run.spec.model.name, run.spec.task.name, _status(store, run), done, score)
    return table


def _status(store: Store, run: Run) -> str:
    return "broken off" if broken_off(store, run) else run.status


def _tell_of_broken(store: Store, found: Sequence[Run]) -> None:
    for experiment in dict.fromkeys(run.experiment_id for run in found if broken_off(store, run)):
        note(
            "broken off: its process is gone, what was answered is stored; go on with:\n"
            f"  benchbook eval --resume {experiment}"
        )


def _answers_table(answers: list[Answer]) -> Table:
    table = table_of("sample", ">epoch", "verdict", "why")
    for sample, generation, every in answers:
        # Of a rubric the whole says enough here.
        scores = [score for score in every if score.rubric is None or "/" not in score.name] or every
        reasons = [*scores, *(score for score in every if score.verdict.label == "flagged")]
        told = (score.verdict.error or score.verdict.explanation for score in reasons)
        why = generation.error or "; ".join(dict.fromkeys(text for text in told if text))
        first = printable(why).strip().splitlines()[:1]
        table.add_row(printable(sample.key), str(generation.epoch), _labels(generation, scores), "".join(first)[:160])
    return table


def _facts_table(store: Store, run: Run) -> Table:
    """How the run was made: what `benchbook reproduce` goes by."""
    table = table_of("=fact", "value", title="How it was made")
    known = {**dict(asked(run, views.dataset(store, run.dataset_id))), "attempts": str(run.attempt)}
    known |= dict(traffic(run, views.events_of(store, run.id, "parts_done")))
    for name, value in (known | run.environment).items():
        table.add_row(printable(name), printable(value))
    return table


def _labels(generation: Generation, scores: Sequence[Score]) -> str:
    if generation.output is None:
        return "no answer"
    return ", ".join(s.verdict.label or number(s.value, "{:g}") for s in scores)


def _wanted(answer: Answer, key: str | None, label: str | None) -> bool:
    sample, _, scores = answer
    return (key is None or sample.key == key) and (label is None or any(s.verdict.label == label for s in scores))


def _print_answer(answer: Answer) -> None:
    sample, generation, scores = answer
    _section(f"Sample {sample.key}, epoch {generation.epoch}", _prompt(generation))
    if generation.output is None:
        _section("No answer", generation.error or "")
        return
    output = generation.output
    took = number(output.latency, "{:.2f} s")
    spent = f"{took}, {output.usage.output_tokens} tokens, stopped by {output.stop_reason}"
    _section(f"Reply ({spent}{', from the cache' if output.cached else ''})", output.text)
    if output.answer is not None:
        _section(f"Extracted answer (rule: {output.answer_rule})", output.answer)
    for at, draw in enumerate(output.draws, 1):
        worth = "" if draw.worth is None else f", {draw.worth:.3g}"
        taken = ", taken" if draw.chosen else ""
        _section(f"Draw {at} of {len(output.draws)}{worth}{taken}", draw.text if draw.answer is None else draw.answer)
    for score in scores:
        verdict = score.verdict
        _section(
            f"{score.name}: {verdict.label or number(verdict.value, '{:g}')}", verdict.error or verdict.explanation
        )
        for stream in ("stdout", "stderr"):
            if verdict.trace.get(stream):
                _section(stream, str(verdict.trace[stream]))


def _print_opinions(answer: Answer, opinions: Sequence[Score]) -> None:
    """What others than the run itself say of its answer: judges, and people."""
    for score in opinions:
        if score in answer[2] or score.generation_id != answer[1].id:
            continue
        against = f", against {score.other_generation_id}" if score.other_generation_id else ""
        said = f"{score.name}: {score.verdict.label or number(score.value, '{:g}')}"
        who = f"{score.author} {score.author_id}, run {score.run_id}{against}"
        _section(f"{said} ({who})", score.verdict.error or score.verdict.explanation)


def _prompt(generation: Generation) -> str:
    if isinstance(generation.prompt, str):
        return generation.prompt
    return "\n\n".join(f"[{message.role}]\n{message.content}" for message in generation.prompt)


def _section(heading: str, body: str) -> None:
    click.secho(printable(heading), bold=True)
    click.echo(printable(body).rstrip() + "\n")


def _document(answer: Answer) -> dict[str, Any]:
    sample, generation, scores = answer
    return {
        "sample": sample.model_dump(mode="json"),
        "generation": generation.model_dump(mode="json"),
        "scores": [score.model_dump(mode="json") for score in scores],
    }
