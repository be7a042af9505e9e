"""When to give up on a model altogether."""

from dataclasses import dataclass, field

from benchbook.errors import Hopeless, RuntimeFailed

ENOUGH = 20
"""Requests in a row that failed for good."""


@dataclass
class Breaker:
    """Sees all failures of a run, and calls it hopeless:

    - if the server takes nothing from us (a wrong key, an exhausted quota, a model that is gone) 20 times in a row,
    - if the first 20 requests fail for good, in whichever way, and none has ever been answered,
    - if nothing has been answered for `patience` seconds of failures, more of them than requests that are under way.
    """

    patience: float
    answered: bool = False
    """Whether the model has ever answered, in this attempt or an earlier one."""
    _in_vain: int = field(default=0, init=False)
    """Failures since the last answer."""
    _for_good: int = field(default=0, init=False)
    _denied: int = field(default=0, init=False)
    _since: float | None = field(default=None, init=False)
    """When they began."""

    def succeeded(self) -> None:
        """A request was answered."""
        self.answered = True
        if self._in_vain:
            self._in_vain = self._for_good = self._denied = 0
            self._since = None

    def failed(self, err: RuntimeFailed, in_flight: int, now: float) -> Hopeless | None:
        """A request failed while others are in flight; why there is no hope, if so."""
        self._in_vain += 1
        if not err.transient:
            self._for_good += 1
            self._denied += err.cause == "denied"
            return self._refused_for_good(err)
        self._since = now if self._since is None else self._since
        seconds = now - self._since
        if seconds <= self.patience or self._in_vain <= in_flight:
            return None
        return Hopeless(
            f"nothing was answered for {seconds:.0f} s (`run.patience` is {self.patience:g} s), in {self._in_vain} "
            f"tries; the last failure: {err}"
        )

    def sent_away(self, err: RuntimeFailed) -> Hopeless | None:
        """Everybody is told to come back later; why there is no hope, if that is too late."""
        if err.retry_after is None or err.retry_after <= self.patience:
            return None
        return Hopeless(
            f"the server wants us back in {err.retry_after:.0f} s, and `run.patience` is {self.patience:g} s: {err}"
        )

    def _refused_for_good(self, err: RuntimeFailed) -> Hopeless | None:
        if self._denied < ENOUGH and (self.answered or self._for_good < ENOUGH):
            return None
        return Hopeless(
            f"{self._for_good} requests in a row failed for good, and none of them was answered; the last: {err}"
        )
