"""The database goes away in the middle of a run, or the model's server does: what is lost, and what is done twice."""

import asyncio
import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from aiohttp import web

from benchbook.errors import StoreError
from benchbook.records.events import RunEvent
from benchbook.records.runs import Experiment, Run
from benchbook.service.experiments import carry_out, prepare, submit
from benchbook.service.outage import PATIENCE
from benchbook.service.runs import Watch, utc_now
from benchbook.specs.files import read_text
from benchbook.store import views
from benchbook.store.store import Store
from databases import Stoppable, stoppable_postgresql

SAMPLES, CONCURRENCY = 480, 4
"""More samples than are read at once."""


@pytest.fixture(scope="module")
def server() -> Iterator[Stoppable]:
    """A PostgreSQL server of our own."""
    with stoppable_postgresql() as server:
        yield server


def submitted(store: Store, folder: Path, model: str = "{model: mock/x, args: {latency: 0.01}}") -> Experiment:
    rows = [{"key": f"k{n}", "input": f"question {n}", "target": "x"} for n in range(SAMPLES)]
    (folder / "many.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    text = (
        f"name: long\nmodels: [{model}]\nrun: {{concurrency: {CONCURRENCY}}}\n"
        f"tasks: [{{name: t, dataset: {{jsonl: {{file: {folder}/many.jsonl}}}}, scorers: [exact-match]}}]\n"
    )
    return submit(store, prepare(read_text("long.yaml", text), utc_now()))


@dataclass
class Seen:
    """A sink that remembers warnings, and lets something happen once so many samples are stored."""

    after: int
    stored: int = 0
    warnings: list[str] = field(default_factory=list)

    def __call__(self, _: Run, events: Sequence[RunEvent]) -> None:
        self.warnings += [str(event.body["message"]) for event in events if event.kind == "warning"]
        before = self.stored
        self.stored += sum(event.kind == "sample_done" for event in events)
        if before < self.after <= self.stored:
            self.happen()

    def happen(self) -> None:
        """Whatever the test is about."""


@dataclass
class Away(Seen):
    """Then the database goes away."""

    server: Stoppable | None = None
    back_after: float | None = None

    def happen(self) -> None:
        assert self.server is not None
        self.server.stop()
        if self.back_after is not None:
            threading.Timer(self.back_after, self.server.start).start()


def whole(store: Store, run: Run, attempt: int = 1) -> None:
    """Everything is stored, and stored once."""
    assert (run.status, run.attempt, run.error) == ("completed", attempt, None)
    answers = list(views.generations(store, run.id))
    assert len(answers) == SAMPLES
    assert {len(scores) for _, _, scores in answers} == {1}
    assert all(generation.error is None for _, generation, _ in answers)
    events = [event for _, event in views.events_after(store, run.id)]
    done = Counter(event.subject for event in events if event.kind == "sample_done")
    assert set(done.values()) == {1}
    assert len(done) == SAMPLES
    kinds = Counter(event.kind for event in events)
    assert kinds["run_started"] == attempt
    assert kinds["run_finished"] >= 1
    assert {m.n for m in views.metrics_of(store, run.id) if m.name == "generations"} == {SAMPLES}


def test_a_database_that_comes_back_is_waited_for(server: Stoppable, tmp_path: Path) -> None:
    with Store.open(server.url, tmp_path / "blobs") as store:
        experiment = submitted(store, tmp_path)
        away = Away(after=20, server=server, back_after=1.0)
        assert asyncio.run(carry_out(store, experiment, Watch(sinks=(away,)))) == []
        [run] = views.runs_of(store, experiment.id)
        whole(store, run)
    assert [re.sub(r"[\d.]+ s\b", "N s", text).rpartition(". ")[2] for text in away.warnings] == [
        "Waiting up to N s for it; what models answer meanwhile is kept",
        "The database is back after N s.",
    ]
    assert "@" in away.warnings[0]


def test_a_database_may_be_away_for_a_minute_at_least() -> None:
    assert Watch().patience == PATIENCE >= 60


def test_a_database_that_stays_away_leaves_a_run_that_can_go_on(server: Stoppable, tmp_path: Path) -> None:
    with Store.open(server.url, tmp_path / "blobs") as store:
        experiment = submitted(store, tmp_path)
        away = Away(after=20, server=server)
        [broken] = asyncio.run(carry_out(store, experiment, Watch(sinks=(away,), patience=0.3)))
        server.start()
        assert isinstance(broken.error, StoreError)
        assert re.search(r"it was waited for \d+ s. What was stored is kept", str(broken.error))
        [run] = views.runs_of(store, experiment.id)
        assert run.status in ("running", "failed")
        before = views.progress(store, run.id).done
        assert 20 <= before < SAMPLES
        # The same process takes it up: it is not held to be at work on it still.
        assert asyncio.run(carry_out(store, experiment, Watch())) == []
        [run] = views.runs_of(store, experiment.id)
        whole(store, run, attempt=2)


def test_a_commit_whose_confirmation_is_lost_is_not_done_twice(server: Stoppable, tmp_path: Path) -> None:
    seen = Seen(after=SAMPLES + 1)
    with Store.open(server.url, tmp_path / "blobs") as store:
        experiment = submitted(store, tmp_path)
        with forgetful(server, tmp_path) as (url, forgotten), Store.open(url, tmp_path / "blobs") as far:
            assert asyncio.run(carry_out(far, experiment, Watch(sinks=(seen,)))) == []
        [run] = views.runs_of(store, experiment.id)
        whole(store, run)
    assert len(forgotten) >= 5
    assert sum("Waiting up to" in text for text in seen.warnings) >= 2
    assert seen.stored == SAMPLES


def test_a_model_server_that_goes_away_for_a_while_costs_nothing(store: Store, tmp_path: Path) -> None:
    asked, begun = Counter[str](), asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        said = await request.json()
        asked[said["messages"][0]["content"]] += 1
        if len(asked) == 20:
            begun.set()
        await asyncio.sleep(0.01)
        return web.json_response({"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}], "usage": {}})

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "x"}]})

    async def up(port: int = 0) -> tuple[web.AppRunner, int]:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", answer)
        app.router.add_get("/v1/models", models)
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner, int(runner.addresses[0][1])

    async def with_an_outage() -> int:
        first, port = await up()
        model = f"{{model: openai-compatible/x, args: {{base_url: 'http://127.0.0.1:{port}/v1'}}}}"
        experiment = await asyncio.to_thread(submitted, store, tmp_path, model)
        work = asyncio.ensure_future(carry_out(store, experiment, Watch()))
        await begun.wait()
        await first.cleanup()
        await asyncio.sleep(1)
        second, _ = await up(port)
        assert await work == []
        await second.cleanup()
        [run] = views.runs_of(store, experiment.id)
        whole(store, run)
        return sum(asked.values())

    assert SAMPLES <= asyncio.run(with_an_outage()) <= SAMPLES + CONCURRENCY


@contextmanager
def forgetful(server: Stoppable, folder: Path) -> Iterator[tuple[str, list[int]]]:
    """A way to the server on which the connection breaks after some commits, before they are confirmed.

    With it the list of those commits, which grows.
    """
    chance, forgotten = Random(4), list[int]()
    address = folder / ".s.PGSQL.5432"
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(address))
    listening.listen()

    def relay(client: socket.socket) -> None:
        with client, socket.socket(socket.AF_UNIX) as behind, suppress(OSError):
            behind.connect(str(server.folder / address.name))
            answers = threading.Thread(target=_pump, args=(behind, client))
            answers.start()
            while message := client.recv(65536):
                if b"COMMIT" in message and chance.random() < 0.15:
                    forgotten.append(len(forgotten))
                    client.shutdown(socket.SHUT_RDWR)
                    behind.sendall(message)
                    # It ends at the confirmation, which finds nobody: by then the server has done it.
                    answers.join()
                    break
                behind.sendall(message)
            behind.shutdown(socket.SHUT_RDWR)
            answers.join()

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=relay, args=(client,)).start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield f"postgresql://benchbook@/postgres?host={folder}", forgotten
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while answer := source.recv(65536):
            target.sendall(answer)
