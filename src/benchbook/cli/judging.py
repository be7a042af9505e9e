"""`benchbook judge` and `benchbook rubrics`: opinions on answers that are there, by a form that can be looked at."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from benchbook.cli.arguments import pairs
from benchbook.cli.budgets import budget_of, budget_options
from benchbook.cli.experiments import allowed, carried_out, raised
from benchbook.cli.output import console, json_option, note, opened_store, print_json, refused_before
from benchbook.cli.tables import print_figures, run_document, table_of
from benchbook.cli.text import printable
from benchbook.errors import SpecError
from benchbook.service.experiments import Terms, prepare, submit
from benchbook.service.runs import metrics, utc_now
from benchbook.specs.budgets import Budget
from benchbook.specs.files import Source
from benchbook.specs.rubric_forms import criteria, form, schema
from benchbook.specs.rubrics import Rubric, built_in, rubric
from benchbook.store import views


@click.command()
@click.argument("runs", metavar="RUN [RUN]", nargs=-1, required=True)
@click.option("--rubric", "-r", "rubric_name", required=True, help="A built-in rubric, or the path of a YAML file.")
@click.option(
    "--model", "-m", multiple=True, required=True, help="The judge: `rules`, or runtime/name; several: a panel."
)
@click.option("--model-arg", "-M", multiple=True, metavar="KEY=VALUE", help="An argument of every judge's runtime.")
@click.option("--votes", type=click.IntRange(min=1), help="Ask each question so many times.")
@click.option("--temperature", type=click.FloatRange(min=0), help="Of the judge; 0 unless given.")
@click.option("--orders", type=click.Choice(["both", "one"]), help="Of pairs: show them in both orders, or as named.")
@click.option("--inconsistent", type=click.Choice(["tie", "escalate"]), help="What a changed preference is.")
@click.option("--evidence", is_flag=True, help="Show the judge what tests and other checks said.")
@click.option("--prompt", type=click.Path(path_type=Path), help="A prompt template of your own.")
@click.option("--allow-unscored", type=click.FloatRange(0, 1), help="The share that may stay without a verdict.")
@click.option("--concurrency", type=click.IntRange(min=1), help="Answers in flight at once.")
@click.option("--no-cache", is_flag=True, help="Ask every question, also those that were answered before.")
@budget_options
@json_option
def judge(runs: tuple[str, ...], rubric_name: str, as_json: bool, **flags: Any) -> None:
    """Judge the answers of RUN by a rubric, or compare those of two.

    RUN is an id, its start or end, or an experiment's name. What the judge says is kept as scores of a run of its own;
    the judged run and its figures stay as they are.

    \b
      benchbook judge eval_v1 --rubric quality-3 --model rules
      benchbook judge run-0dqk4b run-0dqk4c --rubric code-review --model openai/gpt-5-mini --evidence
      benchbook judge run-0dqk4b --rubric stem-l1 -m openai/gpt-5-mini -m anthropic/claude-haiku-4-5
    """
    budget = budget_of(flags["max_cost"], flags["max_tokens"], flags["max_time"])
    data = _config(runs, rubric_name, budget, flags)
    text = json.dumps(data, indent=2)
    terms = Terms(cache=False if flags["no_cache"] else None, budget=budget)
    with opened_store() as store:
        prepared = prepare(Source("command line", text, data, {}), utc_now(), store)
        experiment = submit(store, prepared)
        note(f"Experiment {experiment.id} ({experiment.name})")
        broken = carried_out(store, experiment, terms)
        done = views.runs_of(store, experiment.id)
        figures = {run.id: metrics(store, run) for run in done}
        if as_json:
            document = [run_document(store, run, figures[run.id]) for run in done]
            print_json({"experiment": experiment.model_dump(mode="json"), "runs": document})
        else:
            print_figures(store, done, figures)
        raised(experiment, broken)
        allowed(store, experiment, done, figures)


@click.group(invoke_without_command=True)
@click.pass_context
@json_option
def rubrics(ctx: click.Context, as_json: bool) -> None:
    """List the built-in rubrics; `show` prints one."""
    if ctx.invoked_subcommand is not None:
        refused_before("rubrics show NAME", as_json=as_json)
        return
    found = [rubric(name) for name in built_in()]
    if as_json:
        print_json({"rubrics": [_described(one) for one in found]})
        return
    table = table_of("=rubric", "looks at", ">items", "passed by", "=version", "what it is")
    for one in found:
        looks_at = "two answers" if one.compares else "one answer"
        table.add_row(one.name, looks_at, str(len(one.paths)), _rule(one), one.version[:12], one.description)
    console().print(table)


@rubrics.command()
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show the rubric NAME, built in or a file: what a judge is told; --json has schema and form, too."""
    found = rubric(name)
    if as_json:
        print_json({**_described(found), "criteria": criteria(found), "schema": schema(found), "form": form(found)})
        return
    click.secho(printable(f"{found.name}  {found.version[:12]}"), bold=True)
    click.echo(printable(f"{found.description}\nPassed by: {_rule(found)}\n\n{criteria(found)}"))


def _config(runs: Sequence[str], rubric_name: str, budget: Budget, flags: dict[str, Any]) -> dict[str, Any]:
    """The config that the command line stands for."""
    arguments = pairs("--model-arg", flags["model_arg"])
    models = [name if name == "rules" else {"model": name, "args": arguments} for name in flags["model"]]
    if arguments and "rules" in flags["model"]:
        raise SpecError("--model-arg: the judge `rules` takes no arguments")
    given = ("votes", "orders", "inconsistent")
    one: dict[str, Any] = {"rubric": rubric_name, "models": models, "runs": list(runs)}
    one |= {name: flags[name] for name in given if flags[name]} | ({"evidence": True} if flags["evidence"] else {})
    if flags["prompt"]:
        one["prompt"] = str(flags["prompt"])
    if flags["temperature"] is not None:
        one["generate"] = {"temperature": flags["temperature"]}
    settings = {"allowed_error_rate": flags["allow_unscored"], "concurrency": flags["concurrency"]}
    run = {name: value for name, value in settings.items() if value is not None}
    if budget.bounded:
        run["budget"] = budget.model_dump(exclude_none=True)
    stem = Path(rubric_name).stem
    return {"name": f"judge-{stem}", "judges": [one], **({"run": run} if run else {})}


def _described(one: Rubric) -> dict[str, Any]:
    return {"name": one.name, "version": one.version, "rubric": one.model_dump(mode="json", exclude_defaults=True)}


def _rule(one: Rubric) -> str:
    if one.compares:
        return "preference"
    if one.passes is None:
        return "weighted mean"
    return f"{one.passes.share:.0%} of the weight" if one.passes.rule == "weighted" else one.passes.rule
