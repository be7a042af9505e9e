"""Gates on runs that are stored, and on those of a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchbook.engine.gates import Held, Outcome, Snapshot, failed, hold
from benchbook.errors import NotFound, SpecError
from benchbook.records.metrics import RATES
from benchbook.records.runs import Experiment, Run
from benchbook.service import baselines
from benchbook.service.baseline_files import SUFFIX, read
from benchbook.service.runs import named
from benchbook.specs.gates import Gate, Severity, Thresholds
from benchbook.store import views
from benchbook.store.store import Store


def of_experiment(store: Store, experiment: Experiment, folder: Path | None = None) -> list[Held]:
    """What became of the experiment's own gates, as its runs stand now; nothing if it has none. Baselines in files are
    looked for in the folder, and not at all without one."""
    thresholds = experiment.spec.gates
    if thresholds is None:
        return []
    runs = [run for run in views.runs_of(store, experiment.id) if not run.spec.judging]
    return of_runs(store, runs, thresholds, folder)


def of_runs(store: Store, runs: Sequence[Run], thresholds: Thresholds, folder: Path | None = None) -> list[Held]:
    """What became of the gates for these runs."""
    # Pages ask for this while runs are under way: only samples that are to be paired are read.
    paired = any(gate.beside_baseline for gate in thresholds.gates)
    found = [baselines.snapshot(store, run, samples=paired and not baselines.unfinished(run)) for run in runs]
    return of_snapshots(store, found, thresholds, folder)


def of_snapshots(
    store: Store | None, found: Sequence[Snapshot], thresholds: Thresholds, folder: Path | None = None
) -> list[Held]:
    """The same, wherever the runs come from."""
    return hold(
        thresholds, [(run, base) for run, base in zip(found, _bases(store, found, thresholds, folder), strict=True)]
    )


def snapshots(store: Store | None, names: Sequence[str]) -> list[Snapshot]:
    """The runs of these ids, of these experiments, and of these files."""
    found: list[Snapshot] = []
    for name in names:
        if name.endswith(SUFFIX):
            found += read(Path(name))
        elif store is None:
            raise NotFound(f"there is no run {name!r}: nothing is stored here yet")
        else:
            found += [baselines.snapshot(store, run) for run in _answering(store, name)]
    return found


def _answering(store: Store, name: str) -> list[Run]:
    runs = [run for run in named(store, name) if not run.spec.judging]
    if not runs:
        raise SpecError(f"{name!r} has no run that answers: gates hold runs that do, not those that judge them")
    return runs


def no_regressions(store: Store | None, found: Sequence[Snapshot], baseline: str, branch: str = "") -> Thresholds:
    """The gates of whoever names none: that no score which a run shares with its baseline has dropped; of each task its
    own."""
    asked = Thresholds(baseline=baseline, branch=branch, gates=(Gate(no_regression=True),))
    bases = _bases(store, found, asked, Path())
    pairs = list(zip(found, bases, strict=True))
    held = sorted({(run.task, run.model, score) for run, base in pairs for score in _to_hold(run, base)})
    gates = tuple(Gate(no_regression=True, task=task, model=model, score=score) for task, model, score in held)
    return asked.model_copy(update={"gates": gates or asked.gates})


def _to_hold(run: Snapshot, base: Snapshot | str | None) -> set[str]:
    """The baseline's scores that the run has, too, if only without a value; an empty name where there is none, so that
    a gate says so."""
    if not isinstance(base, Snapshot):
        return {""}
    asked = {metric.score for metric in run.metrics if metric.name in RATES} | {*run.values}
    return asked & {*base.values} or {""}


@dataclass(frozen=True)
class GateRow:
    """A gate of an experiment, and what came of it for one run, as pages show it."""

    gate: str
    demand: str
    severity: Severity
    run_id: str
    """Empty where the gate is for no run."""
    model: str
    task: str
    outcome: Outcome
    said: str


def rows(store: Store, experiment_id: str) -> list[GateRow]:
    """The experiment's gates, as its runs stand now."""
    return [
        GateRow(
            gate=one.gate.title,
            demand=one.gate.demand,
            severity=one.gate.severity,
            run_id=one.run,
            model=one.model,
            task=one.task,
            outcome=one.outcome,
            said=one.said,
        )
        for one in of_experiment(store, views.experiment(store, experiment_id))
    ]


def document(held: Sequence[Held]) -> dict[str, Any]:
    """What became of gates, for machines."""
    return {
        "passed": not failed(held),
        "gates": [
            {
                "gate": one.gate.title,
                "demand": one.gate.demand,
                "severity": one.gate.severity,
                **{name: value for name, value in vars(one).items() if name != "gate"},
            }
            for one in held
        ],
    }


def _bases(
    store: Store | None, found: Sequence[Snapshot], thresholds: Thresholds, folder: Path | None
) -> list[Snapshot | str | None]:
    if not thresholds.baseline or not any(gate.beside_baseline for gate in thresholds.gates):
        return [None] * len(found)
    try:
        known = baselines.candidates(store, thresholds.baseline, thresholds.branch, folder)
    except NotFound as err:
        # A figure that is not there: the gates say so, each by itself.
        return [str(err)] * len(found)
    chosen = [baselines.chosen(known, run.model, run.task) for run in found]
    return [one if isinstance(one, str) else one.load() for one in chosen]
