"""Whatever the description of the API lets one send, and what it does not: nothing breaks, and nobody gets past it."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from benchbook.records.runs import Run
from benchbook.server.access import COOKIE, CSRF_HEADER, Access
from benchbook.server.app import application, description
from benchbook.server.live import Tempo
from benchbook.service.runs import utc_now
from benchbook.store.store import Store
from server.site import Site, site
from service.judged import answered

EXAMPLES = 3
"""Of each kind, for each operation."""
BRIEF = Tempo(look=0.01, row=0.01, beat=0.01, longest=0.03)
KINDS = {
    400: {"SpecError", "Error"},
    401: {"NotLoggedIn"},
    403: {"Denied"},
    404: {"NotFound"},
    405: {"Error"},
    409: {"Conflict"},
    413: {"TooLarge"},
    429: {"TooMany"},
}
"""What an error may be called, by its status; there are no others."""

NOTHING: Mapping[str, Any] = {}
Request = Case[Any]
Trouble = Callable[[requests.Response], str | None]


@pytest.fixture(scope="module")
def cases() -> list[Request]:
    """Requests to everything that can be asked, such as fit the description and such as do not; always the same."""
    document = description(application(None, None))
    # Who asks is said by the tests.
    del document["components"]["securitySchemes"]
    for operation in _operations(document):
        del operation["security"]
    results = schemathesis.openapi.from_dict(document).get_all_operations()
    found = [result.ok() for result in results if isinstance(result, Ok)]
    assert len(found) == len(list(_operations(document)))
    return [case for operation in found for mode in GenerationMode for case in _generated(operation, mode)]


@pytest.fixture
def runs(store: Store, tmp_path: Path) -> list[Run]:
    """Two runs over three samples."""
    return answered(store, tmp_path, {"first": ["0", "1", "x"], "second": ["x", "1", "2"]}, ["0", "1", "2"])


def test_nothing_that_is_sent_makes_the_server_fail(
    cases: list[Request], store: Store, runs: list[Run], tmp_path: Path
) -> None:
    names = {"experiment_id": runs[0].experiment_id, "run_id": runs[0].id, "dataset_id": runs[0].dataset_id}
    there = {**names, "position": 1, "epoch": 1, "runs": f"{runs[0].id},{runs[1].id}", "score": "exact-match"}
    with site(store, tmp_path / "home", access=Access(utc_now, open=True), tempo=BRIEF) as served:
        headers = {CSRF_HEADER: served.nobody().get("/api/session").json["csrf"]}
        assert list(_wrong(served, cases, headers, _broken)) == []
        assert list(_wrong(served, cases, headers, _broken, there)) == []


def test_who_has_not_logged_in_is_told_nothing_else(
    cases: list[Request], sqlite_template: Path, tmp_path: Path
) -> None:
    closed = [case for case in cases if case.operation.definition.raw["x-scope"] != "public"]
    public = {(case.method, case.path) for case in cases} - {(case.method, case.path) for case in closed}
    assert public == {("GET", "/healthz"), ("GET", "/api/session"), ("POST", "/api/session")}
    shutil.copyfile(sqlite_template, tmp_path / "benchbook.db")
    opened = Store.open(f"sqlite:///{tmp_path}/benchbook.db", tmp_path / "blobs")
    with opened as store, site(store, tmp_path / "home", tempo=BRIEF) as served:
        pretences: list[dict[str, str]] = [{}, {"Authorization": "Bearer bb_none"}, {"Cookie": f"{COOKIE}=none"}]
        for at, headers in enumerate(pretences):
            assert list(_wrong(served, closed[at :: len(pretences)], headers, _let_in)) == []


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return (operation for methods in document["paths"].values() for operation in methods.values())


def _generated(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> list[Request]:
    found: list[Request] = []

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode))
    def collect(case: Request) -> None:
        found.append(case)

    try:
        collect()
    except Unsatisfiable:
        # There is nothing to send, so nothing that does not fit.
        assert mode is GenerationMode.NEGATIVE
    return found


def _wrong(
    served: Site,
    cases: Iterable[Request],
    headers: Mapping[str, str],
    trouble: Trouble,
    there: Mapping[str, Any] = NOTHING,
) -> Iterator[str]:
    """What was wrong with the answers to these requests; `there` stands in them where there is something."""
    with requests.Session() as session:
        for case in cases:
            made = case.path_parameters, case.query
            case.path_parameters, case.query = (
                {name: there.get(name, given[name]) for name in given} for given in made
            )
            sent = case.as_transport_kwargs(f"http://127.0.0.1:{served.port}", dict(headers))
            case.path_parameters, case.query = made
            reply = session.request(**sent, timeout=60)
            said = trouble(reply)
            if said is not None:
                yield f"{case.method} {reply.url} {str(case.body)[:300]!r}: {reply.status_code} {said}"


def _broken(reply: requests.Response) -> str | None:
    """What is wrong with an answer: a fault of ours, or an error that is not put as errors are."""
    if reply.status_code < 400:
        return None
    if reply.status_code not in KINDS:
        return reply.text[:300]
    error = reply.json().get("error", {})
    well_put = error.get("kind") in KINDS[reply.status_code] and error.get("message")
    return None if well_put else reply.text[:300]


def _let_in(reply: requests.Response) -> str | None:
    """What was said, if not that one has to log in."""
    return None if reply.status_code == 401 else reply.text[:300]
