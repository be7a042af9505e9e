"""One experiment as a page shows it: what was asked, how far it is, what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchbook.records.artifacts import Artifact
from benchbook.records.metrics import Metric
from benchbook.records.runs import Experiment
from benchbook.service import live, report_facts
from benchbook.service.run_lines import RunLine, lines
from benchbook.store import pages, views
from benchbook.store.pages import RunFilter
from benchbook.store.store import Store

_MOST = 1000
"""Runs of one experiment that a page shows."""


@dataclass(frozen=True)
class ExperimentWhole:
    """An experiment with all that belongs to it."""

    experiment: Experiment
    runs: Sequence[RunLine]
    metrics: Sequence[Metric]
    """Of all its runs, every slice; of a run that is under way what is known by now."""
    artifacts: Sequence[Artifact]


def whole(store: Store, name: str) -> ExperimentWhole:
    """The experiment of that id (or name, as the command line takes it)."""
    experiment = views.experiment(store, name)
    rows = pages.runs(store, RunFilter(experiment=experiment.id), _MOST).items
    return ExperimentWhole(
        experiment=experiment,
        runs=lines(store, rows),
        metrics=[metric for row in rows for metric in live.metrics(store, row)],
        artifacts=views.artifacts_of(store, experiment.id),
    )


def config(store: Store, name: str) -> tuple[str, bytes]:
    """The config of an experiment as it was written, and a name for it; written out where nobody wrote one."""
    experiment = views.experiment(store, name)
    for each in views.artifacts_of(store, experiment.id):
        if each.name == "config.yaml":
            return f"{experiment.name}.yaml", store.blobs.get(each.sha256)
    # JSON is YAML, too.
    return f"{experiment.name}.yaml", report_facts.config(experiment).encode(errors="backslashreplace")


def artifact(store: Store, artifact_id: str) -> tuple[Artifact, bytes]:
    """A file of an experiment, with its body."""
    found = pages.artifact(store, artifact_id)
    return found, store.blobs.get(found.sha256)
