"""The loop that starts what waits, looks after what runs, and takes up again what has crashed.

Several may turn at once, on one machine and on several: the queue hands a job out once. Each looks after what it has
started; when it is gone, another on the same machine does so, and on another machine the lease decides.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from benchbook.errors import Conflict, StoreError
from benchbook.executors.executor import Executor, Exited, Handle, Lost, Pending, Running, State
from benchbook.records.jobs import Job
from benchbook.records.runs import RunStatus
from benchbook.service import runs
from benchbook.service.environment import lives, process_of
from benchbook.service.runs import utc_now
from benchbook.service.work import LEASE
from benchbook.store import queue, views
from benchbook.store.queue import Claim
from benchbook.store.store import Store

Attempt = tuple[str, int]
"""The id of a job, and the attempt."""

MOST_CRASHES = 5
_A_WHILE = 600.0
"""Seconds after which a crash is not held to be that of the attempt before."""
_TIDYING = 3600.0
"""Seconds between two looks at logs."""
_AWAY = 6
"""The exit code of a process that could not report: the database was away."""


@dataclass(frozen=True)
class Pace:
    """How long things may take, in seconds."""

    turn: float = 0.2
    """Between two looks at the queue."""
    lease: float = LEASE
    grace: float = 60.0
    """That a job may take to stop in good order, before what is in flight is dropped."""
    closing: float = 20.0
    """The same where the dispatcher itself ends."""
    pause: float = 1.0
    """Before a job is taken up that has crashed for the second time; twice as long each time after that."""


@dataclass
class Dispatcher:
    """Works the queue of a store with an executor."""

    store: Store
    executor: Executor
    pace: Pace = Pace()
    tell: Callable[[str], None] = lambda _: None
    env: dict[str, str] = field(default_factory=dict)
    """Over our environment, for what is started."""
    keep_logs: float = 0.0
    """Seconds after which logs of what is over are deleted; 0: never."""
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    _thread: threading.Thread | None = field(default=None, init=False)
    _seen: dict[str, tuple[datetime | None, float]] = field(default_factory=dict, init=False)
    """Of jobs elsewhere: the lease that was seen last, and since when it has been the same."""
    _ours: dict[Attempt, Handle] = field(default_factory=dict, init=False)
    """What was started from here, until its process is gone."""
    _leaving: dict[Attempt, float] = field(default_factory=dict, init=False)
    """Those of them that have said how they ended, and since when."""

    _tidied: float | None = field(default=None, init=False)
    """When logs were looked through last."""
    _trouble: str = field(default="", init=False)
    """What was told last."""

    @property
    def name(self) -> str:
        """This process, as jobs name it."""
        return process_of(os.getpid())

    def start(self) -> None:
        """Turn in a thread of its own, until `close`."""
        self._thread = threading.Thread(target=self.work, name="dispatcher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop what runs in good order and put it back into the queue: nothing of ours is left behind."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def work(self) -> None:
        """Turn until it is closed, and then wind up."""
        while not self._stop.is_set():
            self._try(self.turn)
            self._try(self._tidy)
            self._stop.wait(self.pace.turn)
        self._wind_up()

    def turn(self) -> None:
        """One look at what runs, and at what waits."""
        self._look_after(queue.working(self.store))
        for machine in self.executor.capacity():
            now = utc_now()
            asked = Claim(machine, self.name, now, now + timedelta(seconds=self.pace.lease))
            for job in queue.claim(self.store, asked):
                self._try(partial(self._begin, job))

    def _tidy(self) -> None:
        """Delete logs that are old; of what waits or is worked on none."""
        now = time.monotonic()
        if not self.keep_logs or (self._tidied is not None and now - self._tidied < _TIDYING):
            return
        self._tidied = now
        gone = self.executor.tidy(queue.open_places(self.store), self.keep_logs)
        if gone:
            self.tell(f"{gone} old logs are deleted")

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Conflict:
            # It has moved on a moment ago, or another dispatcher was first.
            return
        except StoreError as err:
            # Nobody can say that he is alive while the database is away: all leases are looked at anew afterwards.
            self._seen.clear()
            self._say(f"the queue cannot be worked: {err}")
        except Exception as err:  # noqa: BLE001 - what is wrong with one job must not keep all others waiting
            self._say(f"the queue: {type(err).__name__}: {err}")

    def _say(self, trouble: str) -> None:
        """Once, however often it comes."""
        if trouble != self._trouble:
            self.tell(trouble)
        self._trouble = trouble

    def _begin(self, job: Job) -> None:
        noun = "run" if job.kind == "run" else "job"
        argv = [sys.executable, "-m", "benchbook", "worker", noun, job.place, "--attempt", str(job.attempt)]
        if self.pace.lease != LEASE:
            argv += ["--lease", f"{self.pace.lease:g}"]
        try:
            self._ours[job.id, job.attempt] = self.executor.submit(job.place, job.attempt, argv, job.slots, self.env)
            self.tell(f"{job.place}: attempt {job.attempt} begins{f' with GPUs {job.slots}' if job.slots else ''}")
        except OSError as err:
            self._crashed(job, f"its process could not be started: {err.strerror or err}")

    def _look_after(self, working: Sequence[Job]) -> None:
        machines = {machine.name for machine in self.executor.capacity()}
        for job in working:
            self._try(partial(self._look_at, job, machines))
        for attempt in self._ours.keys() - {(job.id, job.attempt) for job in working}:
            self._let_go(attempt)
        self._seen = {job.id: self._seen[job.id] for job in working if job.id in self._seen}

    def _look_at(self, job: Job, machines: set[str]) -> None:
        lost = self._is_lost(job)
        if job.node not in machines:
            if lost:
                self._crashed(job, f"nothing was heard of it on {job.node} for {self.pace.lease:g} s")
            return
        if job.worker != self.name:
            if job.worker and lives(job.worker):
                return
            job = queue.adopt(self.store, job, self.name)
            self.tell(f"{job.place}: attempt {job.attempt} is looked after from here on")
        handle = self._handle(job)
        state = self.executor.poll(handle)
        if isinstance(state, Exited | Lost):
            self._ended(queue.held(self.store, job), state)
        elif job.stop_requested and not isinstance(state, Pending):
            self.executor.stop(handle, self.pace.grace)
        elif lost and isinstance(state, Running):
            # It is taken up again once it is gone: not before, or two would work on it.
            self._say(f"{job.place}: it has not said for {self.pace.lease:g} s that it is alive, and is ended")
            self.executor.stop(handle, 0.0)
        elif lost:
            self._crashed(job, f"it has not begun within {self.pace.lease:g} s")

    def _is_lost(self, job: Job) -> bool:
        """Whether its lease is over, and was the same for as long as we have been able to look: clocks may differ, and
        the database may have been away."""
        lease, since = self._seen.get(job.id, (None, 0.0))
        now = time.monotonic()
        if job.id not in self._seen or lease != job.lease_until:
            self._seen[job.id] = (job.lease_until, now)
            return False
        return now - since > self.pace.lease and (job.lease_until is None or job.lease_until < utc_now())

    def _ended(self, job: Job, state: State) -> None:
        """The process is gone, and has not said how it ended."""
        self._ours.pop((job.id, job.attempt), None)
        code = state.code if isinstance(state, Exited) else None
        if code is None:
            self._crashed(job, "its process is gone, nobody saw how")
        elif code < 0:
            self._crashed(job, f"its process was ended by {_named(-code)}")
        elif code in (0, _AWAY):
            self._crashed(job, "its process could not report how it ended")
        else:
            self._give_up(job, "failed", f"its process left with code {code}{self._last_words(job)}")

    def _crashed(self, job: Job, why: str) -> None:
        """Taken up again, a few times in a row, unless it was to stop anyway."""
        if job.stop_requested:
            self._give_up(job, "cancelled", f"while it was to stop, {why}")
            return
        lasted = (utc_now() - job.started_at).total_seconds() if job.started_at else 0.0
        crashes = 1 if lasted > _A_WHILE else job.crashes + 1
        if crashes >= MOST_CRASHES:
            self._give_up(job, "failed", f"crashed {crashes} times; the last time {why}{self._last_words(job)}")
            return
        pause = 0.0 if crashes == 1 else self.pace.pause * 2 ** (crashes - 2)
        queue.put_back(self.store, job, utc_now() + timedelta(seconds=pause), crashes=crashes, error=why)
        self.tell(f"{job.place}: {why}; it is taken up again")

    def _give_up(self, job: Job, status: Literal["failed", "cancelled"], why: str) -> None:
        if job.kind == "run":
            ended: RunStatus = "failed" if status == "failed" else "interrupted"
            runs.abandoned(self.store, views.run(self.store, job.subject), ended, why, utc_now())
        queue.finish(self.store, job, status, utc_now(), error=why)
        self.tell(f"{job.place}: {why}")

    def _let_go(self, attempt: Attempt) -> None:
        """It has reported how it ended; its process has a while to do so, too."""
        handle, since = self._ours[attempt], self._leaving.setdefault(attempt, time.monotonic())
        if not isinstance(self.executor.poll(handle), Running):
            del self._ours[attempt], self._leaving[attempt]
        elif time.monotonic() - since > self.pace.closing:
            self.executor.stop(handle, 0.0)

    def _handle(self, job: Job) -> Handle:
        return self._ours.get((job.id, job.attempt)) or Handle(job.place, job.attempt, job.process or "")

    def _last_words(self, job: Job) -> str:
        """The end of its log: where a traceback says what it was."""
        tail = self.executor.log(self._handle(job), -2000)
        lines = [line for line in tail.decode("utf-8", "replace").splitlines() if line.strip()]
        return f": {lines[-1][:300]}" if lines else ""

    def _wind_up(self) -> None:
        """Ask all that we look after to stop, and wait until it is gone; each puts itself back into the queue."""
        until = time.monotonic() + self.pace.closing + 30
        while time.monotonic() < until and self._any_left():
            time.sleep(0.05)

    def _any_left(self) -> bool:
        mine: list[Job] = []
        self._try(lambda: mine.extend(job for job in queue.working(self.store) if job.worker == self.name))
        for job in mine:
            handle = self._ours.setdefault((job.id, job.attempt), self._handle(job))
            if isinstance(self.executor.poll(handle), Exited | Lost):
                self._try(partial(self._returned, job))
        alive = [handle for handle in self._ours.values() if isinstance(self.executor.poll(handle), Running)]
        for handle in alive:
            self.executor.stop(handle, self.pace.closing)
        return bool(alive)

    def _returned(self, job: Job) -> None:
        """What was ended by force goes back into the queue all the same: that was not its fault."""
        if job.stop_requested:
            self._give_up(job, "cancelled", "it did not stop in time, and was ended by force")
        else:
            queue.put_back(self.store, job)


def _named(number: int) -> str:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    return f"{name} (out of memory, perhaps)" if name == "SIGKILL" else name
