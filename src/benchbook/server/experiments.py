"""Experiments, their configs and their files."""

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from benchbook.server.access import scope
from benchbook.server.downloads import BODY, attachment
from benchbook.server.given import After, Limit, Stored, routes
from benchbook.service import experiment_pages, gates
from benchbook.service.experiment_pages import ExperimentWhole
from benchbook.service.gates import GateRow
from benchbook.store import pages
from benchbook.store.pages import ExperimentRow, Page

router = routes("experiments")


@router.get("/experiments", dependencies=[scope("read")])
def list_experiments(
    store: Stored,
    limit: Limit = 50,
    after: After = None,
    name: Annotated[str | None, Query(max_length=200, description="Only those with this in their names.")] = None,
) -> Page[ExperimentRow]:
    """Experiments, newest first."""
    return pages.experiments(store, limit, after, name)


@router.get("/experiments/{experiment_id}", dependencies=[scope("read")])
def get_experiment(store: Stored, experiment_id: str) -> ExperimentWhole:
    """An experiment with its runs, their figures and its files."""
    return experiment_pages.whole(store, experiment_id)


@router.get("/experiments/{experiment_id}/gates", dependencies=[scope("read")])
def get_gates(store: Stored, experiment_id: str) -> list[GateRow]:
    """What became of the experiment's own gates, as its runs stand now; nothing if it has none."""
    return gates.rows(store, experiment_id)


@router.get("/experiments/{experiment_id}/config", dependencies=[scope("read")], responses=BODY)
def get_config(store: Stored, experiment_id: str) -> Response:
    """The config as it was written."""
    name, body = experiment_pages.config(store, experiment_id)
    return attachment(name, body, "application/yaml")


@router.get("/artifacts/{artifact_id}", dependencies=[scope("read")], responses=BODY)
def get_artifact(store: Stored, artifact_id: str) -> Response:
    """A file of an experiment."""
    artifact, body = experiment_pages.artifact(store, artifact_id)
    return attachment(artifact.name, body, artifact.media_type)
