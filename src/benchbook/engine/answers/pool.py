"""Answers verified: extracted and compared here where that is cheap, by workers that can be killed where it is not."""

import asyncio
import json
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from benchbook import settings
from benchbook.engine.answers.comparison import Comparison, NeedsAlgebra, compared, items
from benchbook.engine.answers.extraction import Extraction, boxes, extracted
from benchbook.engine.answers.text import normalised
from benchbook.errors import PluginError
from benchbook.specs.answers import Policy, Verification

__all__ = ["Verifier", "verifier"]

_SECONDS, _MEGABYTES = 1.5, 512
"""What the comparison of two answers may take."""
_GRACE = 1.0
"""Seconds that a worker may take beyond that, before it is killed with all that it has."""
_START = 30.0
_MOST = 4
"""Workers, however many processors there are: most answers need none."""
_LONGEST = 20_000
"""Characters of an answer that is compared."""
_BOXES = 20
"""Boxes that are taken for one answer."""
_TURNED_DOWN = re.compile(
    r"\b(?:reject\w*|discard\w*|extraneous|invalid|candidates?|only|total|sum|fails?|impossible|contradict\w*)\b"
    r"|\b(?:does|do|is|are|can)(?:n't| not)\b|\bcannot\b",
    re.IGNORECASE,
)
"""By which not all that is boxed is the answer."""


class Verifier:
    """Says whether answers are the expected ones. Workers are started when the first is needed."""

    def __init__(self, workers: int, seconds: float, megabytes: int) -> None:
        self._slots = asyncio.Semaphore(workers)
        self._limits = (seconds, megabytes)
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self.facts: Mapping[str, str] = {"limits": f"{seconds:g} s, {megabytes} MB a comparison"}

    async def verify(self, gold: str, reply: str, policy: Policy = Policy()) -> Verification:
        """Whether the final answer in the reply is the expected one, by that policy."""
        expected = _expected(gold)
        found = extracted(reply, all_boxed=policy.boxed == "all")
        if normalised(reply) == normalised(gold):
            found = Extraction(expected, "whole")
        result = await self.compare(expected, found.answer, policy)
        if found.rule == "boxed" and result.verdict != "equal" and (all_of_them := _one_a_box(expected, reply, policy)):
            together = await self.compare(expected, all_of_them, policy)
            if together.verdict == "equal":
                found, result = Extraction(all_of_them, "all boxed"), together
        return Verification(
            verdict=result.verdict,
            extraction=found.rule,
            comparison=result.rule,
            policy=policy.name,
            reason=result.reason,
            answer=found.answer[:500],
        )

    async def compare(self, gold: str, answer: str, policy: Policy = Policy()) -> Comparison:
        """Whether two answers, without anything around them, are the same."""
        if not gold.strip():
            return Comparison("undecided", "text", "the expected answer is empty")
        if max(len(gold), len(answer)) > _LONGEST and gold != answer:
            return Comparison("undecided", "text", f"an answer is longer than {_LONGEST} characters")
        try:
            return compared(gold, answer, policy, None)
        except NeedsAlgebra:
            return await self._by_worker(gold, answer, policy)

    async def _by_worker(self, gold: str, answer: str, policy: Policy) -> Comparison:
        order = {"gold": gold, "pred": answer, "policy": policy.model_dump(exclude_defaults=True)}
        async with self._slots:
            worker = await self._lend()
            unharmed = False
            try:
                said = await worker.ask(order, self._limits[0] + _GRACE)
                unharmed = said is not None
            finally:
                # One that was left in the middle would answer the next with this one's verdict.
                self._give_back(worker, unharmed=unharmed)
        return Comparison(**said) if said else Comparison("undecided", "expression", "the worker did not answer")

    async def _lend(self) -> "_Worker":
        if self._idle:
            return self._idle.pop()
        worker = await _started(*self._limits)
        self._all.add(worker)
        return worker

    def _give_back(self, worker: "_Worker", *, unharmed: bool) -> None:
        if unharmed:
            self._idle.append(worker)
        else:
            self._all.discard(worker)
            worker.end()

    def close(self) -> None:
        """End all workers."""
        for worker in self._all:
            worker.end()
        self._all.clear()
        self._idle.clear()


@asynccontextmanager
async def verifier(
    workers: int = 0, *, seconds: float = _SECONDS, megabytes: int = _MEGABYTES
) -> AsyncIterator[Verifier]:
    """A pool of workers (one per processor, up to four, unless given), open as long as the context is."""
    pool = Verifier(workers or min(settings.cores(), _MOST), seconds, megabytes)
    try:
        yield pool
    finally:
        pool.close()


def _expected(gold: str) -> str:
    """The expected answer: of a whole solution, what it boxes or labels."""
    found = extracted(gold)
    return found.answer if found.rule in {"boxed", "all boxed", "tag", "####", "label"} else gold


def _one_a_box(expected: str, reply: str, policy: Policy) -> str:
    """All boxes of the reply as one answer, where each holds one of the things that are expected; nothing if not."""
    found = boxes(reply)
    if not 1 < len(found) <= _BOXES or max(len(expected), sum(map(len, found))) > _LONGEST:
        return ""
    if _TURNED_DOWN.search(reply, reply.find("boxed")):
        return ""
    together = ", ".join(found)
    return together if items(expected, policy) == items(together, policy) == len(found) else ""


class _Worker:
    """The host's end of a worker."""

    def __init__(self, process: subprocess.Popen[bytes], line: socket.socket) -> None:
        self.process = process
        self.line = line

    async def ask(self, order: Mapping[str, Any], patience: float) -> dict[str, Any] | None:
        """The worker's answer; None if it gives none."""
        try:
            async with asyncio.timeout(patience):
                await asyncio.get_running_loop().sock_sendall(self.line, json.dumps(order).encode() + b"\n")
                return dict(json.loads(await self.said()))
        except (OSError, ValueError):
            # TimeoutError is an OSError, too.
            return None

    async def said(self) -> bytes:
        """The next line that it says; nothing if it has ended."""
        words = b""
        while not words.endswith(b"\n"):
            more = await asyncio.get_running_loop().sock_recv(self.line, 1 << 16)
            if not more:
                return b""
            words += more
        return words

    def end(self) -> None:
        """Kill it with all that it has: its child ends when its line does, or by its alarm."""
        self.process.kill()
        self.process.wait()
        self.line.close()


async def _started(seconds: float, megabytes: int) -> _Worker:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)  # noqa: FBT003 - its signature
    command = [sys.executable, "-m", "benchbook.engine.answers.worker", str(seconds), str(megabytes)]
    with theirs:
        process = subprocess.Popen(  # noqa: ASYNC220 - it returns at once; only its pipe is waited for
            command, stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=subprocess.DEVNULL, start_new_session=True
        )
    worker, ready = _Worker(process, ours), b""
    try:
        async with asyncio.timeout(_START):
            ready = await worker.said()
    except OSError:
        pass
    finally:
        if not ready:
            worker.end()
    if not ready:
        raise PluginError("the worker for algebra does not start; is sympy installed? Try `pip install sympy`")
    return worker
