"""All requests of a run to one model: when the next may go, what their failures teach, and when there is no hope."""

import asyncio
from dataclasses import dataclass, field

from pydantic import JsonValue

from benchbook.engine.breaker import Breaker
from benchbook.engine.limits import Limit, Reach
from benchbook.engine.pace import Pace
from benchbook.engine.turnstile import Turnstile
from benchbook.errors import Hopeless, RuntimeFailed
from benchbook.protocols import Request
from benchbook.specs.experiments import RunSpec
from benchbook.specs.outputs import Usage

FIRST_HOLD = 0.5
LONGEST_HOLD = 10.0


@dataclass(frozen=True)
class Ticket:
    """A request that may go now."""

    number: int
    tokens: float
    """What it is expected to use."""
    began: float


@dataclass
class Traffic:
    """The turnstile that requests pass, what is known of the server behind it, and figures of both."""

    turnstile: Turnstile
    breaker: Breaker
    hopeless: Hopeless | None = field(default=None, init=False)
    """Why nothing more is asked."""
    answers: int = field(default=0, init=False)
    refusals: int = field(default=0, init=False)
    """Answers of a server that is busy, and attempts to reach one that is gone."""
    failures: int = field(default=0, init=False)
    retries: int = field(default=0, init=False)
    paused: float = field(default=0.0, init=False)
    """Seconds between tries, of all requests together."""
    _holds: int = field(default=0, init=False)
    """Those since the last answer that were of our own length."""
    _over: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    @classmethod
    def of(cls, spec: RunSpec, slots: int | None, *, answered: bool = False) -> "Traffic":
        """The traffic of a run; whether the model has `answered` in an earlier attempt."""
        limits, settings = spec.model.limits, spec.settings
        at_once = min(slots or settings.concurrency, limits.concurrency or settings.concurrency)
        limit = Limit(at_once, adaptive=settings.adaptive and slots is None)
        return cls(Turnstile(limit, Pace.of(limits)), Breaker(settings.patience, answered))

    @property
    def facts(self) -> dict[str, JsonValue]:
        """What it took to get the answers."""
        limit = self.turnstile.limit
        return {
            "ceiling": limit.ceiling,
            "peak_concurrency": limit.peak,
            "lowest_limit": limit.lowest,
            "last_limit": limit.current,
            "answers": self.answers,
            "refusals": self.refusals,
            "failures": self.failures,
            "retries": self.retries,
            "paused_seconds": round(self.paused, 3),
            "held_seconds": round(self.turnstile.held, 3),
        }

    async def enter(self, request: Request, *, again: bool) -> Ticket:
        """Wait until the request may go; Hopeless if it never will."""
        tokens = self.turnstile.pace.guess(request)
        return Ticket(await self.turnstile.enter(tokens, again=again), tokens, _now())

    def answered(self, ticket: Ticket, request: Request, used: Usage) -> None:
        """The request was answered."""
        now = _now()
        self.answers += 1
        self._holds = 0
        self.turnstile.encourage()
        self.breaker.succeeded()
        self.turnstile.pace.settle(request, ticket.tokens, used, now)
        self.turnstile.limit.taken(ticket.number, now - ticket.began)
        self.turnstile.left()

    def failed(self, ticket: Ticket, err: RuntimeFailed) -> None:
        """The request failed; Hopeless if there is no point in asking anything more."""
        reach = self._reach(ticket, err)
        for_all = reach != "some" and err.retry_after is not None
        why = self.breaker.failed(err, self.turnstile.limit.in_flight, _now()) or (
            self.breaker.sent_away(err) if for_all else None
        )
        if why and not self.hopeless:
            self.hopeless = why
            self._over.set()
            self.turnstile.close(why)
        elif for_all and err.retry_after is not None:
            self.turnstile.hold(err.retry_after)
        elif reach == "all":
            self._holds += self.turnstile.hesitate(min(FIRST_HOLD * 1.5 ** min(self._holds, 20), LONGEST_HOLD))
        self.turnstile.left()
        if self.hopeless:
            raise Hopeless(str(self.hopeless))

    def withdrawn(self) -> None:
        """The request came to nothing, through no doing of the server's."""
        self.turnstile.limit.withdrawn()
        self.turnstile.left()

    async def pause(self, seconds: float) -> None:
        """Wait between two tries; Hopeless as soon as there is no point in it."""
        self.retries += 1
        self.paused += seconds
        try:
            async with asyncio.timeout(seconds):
                await self._over.wait()
        except TimeoutError:
            return
        raise Hopeless(str(self.hopeless))

    def _reach(self, ticket: Ticket, err: RuntimeFailed) -> Reach:
        """Whom the failure means besides its request."""
        unheard = err.cause in ("busy", "gone")
        self.refusals += unheard
        self.failures += not unheard
        if unheard:
            self.turnstile.pace.give_back(ticket.tokens, _now())
            return self.turnstile.limit.refused(ticket.number)
        if err.cause == "late":
            self.turnstile.limit.late(ticket.number)
        else:
            self.turnstile.limit.taken(ticket.number)
        return "some"


def _now() -> float:
    return asyncio.get_running_loop().time()
