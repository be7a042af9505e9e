"""`benchbook power`: how many samples a difference takes, and which difference samples show."""

from dataclasses import asdict

import click

from benchbook.cli.output import json_option, opened_store, print_json
from benchbook.cli.text import printable
from benchbook.engine.paired import Noise, noise_of_shares
from benchbook.errors import SpecError
from benchbook.service.power import Known, Plan, PowerAnswer, answered, noise_of_runs

_SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)
_POSITIVE = click.FloatRange(0, min_open=True)


@click.command()
@click.option("--difference", "-d", type=_POSITIVE, help="To be seen, e.g. 0.03 for three points.")
@click.option("--samples", "-n", type=click.IntRange(2), help="That there are: says which difference they show.")
@click.option("--runs", nargs=2, metavar="A B", help="Two runs, or experiments of one run, whose noise is taken.")
@click.option("--score", help="Of these runs.  [default: the first that both have]")
@click.option("--rate", type=_SHARE, help="About how often both are right.  [default: 0.7]")
@click.option("--correlation", type=click.FloatRange(-1, 1, max_open=True), help="Of both.  [default: 0.5]")
@click.option("--variance", type=click.FloatRange(0), help="In place of these: of the expected difference (ω²).")
@click.option("--within", type=click.FloatRange(0), help="With --variance: of one answer about its expectation (σ²).")
@click.option("--epochs", type=click.IntRange(1), help="With --within: answers to each question by either.")
@click.option("--power", type=_SHARE, default=Plan.power, show_default=True, help="The chance to see it.")
@click.option("--alpha", type=_SHARE, default=Plan.alpha, show_default=True, help="The chance of a false alarm.")
@json_option
def power(  # noqa: PLR0913 - its options
    difference: float | None,
    samples: int | None,
    runs: tuple[str, str] | None,
    score: str | None,
    *,
    rate: float | None,
    correlation: float | None,
    variance: float | None,
    within: float | None,
    epochs: int | None,
    power: float,
    alpha: float,
    as_json: bool,
) -> None:
    """Say how many samples it takes to see a difference between two models on the same questions, or with --samples
    which difference they show; with both, how likely it is to be seen.

    \b
      benchbook power --difference 0.03 --rate 0.7 --correlation 0.5
      benchbook power --samples 500 --runs run-0dqk4b run-0dr7zz
    """
    ways = [runs is not None, rate is not None or correlation is not None, variance is not None]
    if sum(ways) > 1:
        raise SpecError(
            "the noise comes from --runs, from --rate and --correlation, or from --variance: name one of them"
        )
    if (within is not None or epochs is not None) and variance is None:
        raise SpecError("--within and --epochs go with --variance")
    if score is not None and runs is None:
        raise SpecError("--score goes with --runs")
    if runs is not None:
        with opened_store() as store:
            known = noise_of_runs(store, runs, score)
    elif variance is not None:
        noise = Noise(variance, within or 0.0, within or 0.0, epochs or 1, epochs or 1)
        known = Known(noise, f"a variance of {noise.variance:.4g} on each question")
    else:
        if difference is not None and difference >= 1:
            raise SpecError(f"--difference {difference:g}: shares differ by less than 1; three points are 0.03")
        known = _of_shares(0.7 if rate is None else rate, 0.5 if correlation is None else correlation)
    found = answered(Plan(difference, samples, alpha, power), known)
    if as_json:
        print_json(asdict(found))
    else:
        _print(found)


def _of_shares(rate: float, correlation: float) -> Known:
    source = f"two that are right about {100 * rate:g} % of the time, correlation {correlation:g}"
    return Known(noise_of_shares(rate, correlation), source, noise_of_shares(rate, 0).between)


def _print(found: PowerAnswer) -> None:
    click.echo(printable(f"By {found.source}:"))
    click.echo(
        f"{found.samples:,} samples show a difference of {found.difference:.4g} with a power of "
        f"{100 * found.power:.0f} % (two-sided, alpha {found.alpha:g})."
    )
    if found.unpaired_samples is not None:
        click.echo(f"Of different questions for either it would take {found.unpaired_samples:,} each.")
