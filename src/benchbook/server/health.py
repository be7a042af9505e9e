"""Whether the server is well, for those who watch over it."""

from collections import Counter
from collections.abc import Iterator
from threading import Lock

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import PlainTextResponse

from benchbook import __version__
from benchbook.server.access import scope
from benchbook.server.given import Stored
from benchbook.server.replies import Route
from benchbook.service import export_prometheus
from benchbook.store import pages, queue

router = APIRouter(tags=["health"], route_class=Route)


class Health(BaseModel):
    """The server is there, and so is its database."""

    status: str
    version: str


class Requests:
    """How many requests were answered, by method and status."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answered: Counter[tuple[str, int]] = Counter()
        self._seconds = 0.0

    def answered(self, method: str, status: int, seconds: float) -> None:
        """One more."""
        with self._lock:
            self._answered[method, status] += 1
            self._seconds += seconds

    def lines(self) -> Iterator[str]:
        """As Prometheus reads them."""
        with self._lock:
            counts, seconds = dict(self._answered), self._seconds
        yield "# TYPE benchbook_http_requests_total counter"
        for (method, status), number in sorted(counts.items()):
            yield f'benchbook_http_requests_total{{method="{method}",status="{status}"}} {number}'
        yield "# TYPE benchbook_http_request_seconds_total counter"
        yield f"benchbook_http_request_seconds_total {seconds:.6f}"


@router.get("/healthz")
def healthz(store: Stored) -> Health:
    """Whether server and database are there. Public."""
    pages.statuses(store)
    return Health(status="ok", version=__version__)


@router.get("/metrics", dependencies=[scope("read")], response_class=PlainTextResponse)
def metrics(request: Request, store: Stored) -> PlainTextResponse:
    """Runs by status, the queue, samples done, requests, figures of the newest runs: for Prometheus, with a key."""
    counted: Requests = request.app.state.requests
    statuses, jobs = pages.statuses(store), queue.depths(store)
    lines = [
        "# TYPE benchbook_runs gauge",
        *(f'benchbook_runs{{status="{status}"}} {number}' for status, number in sorted(statuses.items())),
        "# TYPE benchbook_queue_depth gauge",
        f"benchbook_queue_depth {sum(number for (_, status), number in jobs.items() if status == 'queued')}",
        "# TYPE benchbook_jobs gauge",
        *(f'benchbook_jobs{{kind="{kind}",status="{status}"}} {number}' for (kind, status), number in jobs.items()),
        "# TYPE benchbook_samples_done gauge",
        f"benchbook_samples_done {pages.samples_done(store)}",
        *counted.lines(),
        *export_prometheus.lines(export_prometheus.recent(store)),
    ]
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
