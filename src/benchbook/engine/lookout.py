"""Looking at a run while it goes on, to end it as soon as what was asked is clear.

Samples are looked at in the order in which they were drawn, not in that in which they are answered: those that are
answered quickly may be the easy ones.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Self

from benchbook.engine.sequential import Bets, Game, Scale
from benchbook.engine.statistics import CONFIDENCE
from benchbook.protocols import Context, Outlook
from benchbook.records.datasets import Sample
from benchbook.records.events import RunEvent
from benchbook.records.metrics import RATES, Metric
from benchbook.records.runs import Run, Stopped
from benchbook.specs.spec import meant
from benchbook.specs.stopping import Stop

_EACH = 1.1
"""So many times as many samples as at the last look at the interval: a look takes time."""

Values = Mapping[str, float]


class Lookout:
    """What is known of a run by now, and whether that is enough."""

    def __init__(self, run: Run, stop: Stop, outlook: Outlook, done: Collection[tuple[str, int]]) -> None:
        self.clear = ""
        """What is clear, in words, once something is."""
        self._stop, self._outlook, self._done, self._epochs = stop, outlook, done, run.spec.task.epochs
        self._scorers = [use.name for use in run.spec.task.scorers]
        self._score = stop.score
        self._scale = Scale(*stop.between)
        self._order: list[str] = []
        self._landed: dict[str, dict[int, Values]] = defaultdict(dict)
        self._trouble, self._warned = "", False
        self._next_look = stop.at_least
        self._asked = 0
        self._names: set[str] = set()
        """The scores that some answer has a value of."""
        self._bets, self._precise = (Bets(outlook.population, alpha) for alpha in (stop.alpha, 1 - CONFIDENCE))
        self._games = [(words, self._doubted(limit, above)) for words, limit, above in _limits(stop)]
        self._paired: Bets | None = None
        self._missed: set[str] = set()
        """Samples without a value, before there was a pair."""
        self._duels: list[tuple[str, Game]] = []

    @classmethod
    def of(cls, run: Run, context: Context) -> Self | None:
        """For the run, if it may end early."""
        stop = run.spec.task.stop
        return None if stop is None or context.outlook is None else cls(run, stop, context.outlook, context.done)

    def begin(self, sample: Sample) -> None:
        """The next sample of the draw; some of its epochs may be known already."""
        self._order.append(sample.id)
        for epoch in range(1, self._epochs + 1):
            if (sample.id, epoch) in self._done:
                self._landed[sample.id][epoch] = self._outlook.known.get((sample.id, epoch), {})
        self._look()

    def see(self, events: Iterable[RunEvent]) -> None:
        """What has landed."""
        for event in events:
            if event.sample is not None and event.generation is not None:
                said = {score.name: score.value for score in event.scores if score.value is not None}
                self._landed[event.sample.id][event.generation.epoch] = said
        self._look()

    def warned(self, run: Run, now: datetime, *, ended: bool = False) -> list[RunEvent]:
        """Why it may never be clear, once and as soon as that is known: it can be mended while the run goes on."""
        enough = ended or self._asked >= self._stop.at_least
        message = "" if self._warned else self._trouble or (self._misnamed() if enough else "")
        self._warned = self._warned or bool(message)
        return [RunEvent.of(run, "warning", {"message": message}, now)] if message else []

    def told(self, run: Run, now: datetime) -> list[RunEvent]:
        """What the run is to remember at its end: how that came, if not by itself."""
        if self._trouble or self._asked >= self._outlook.population or not self._precise.seen:
            return self.warned(run, now, ended=True)
        return [RunEvent.of(run, "stopped", self._stopped().model_dump(mode="json"), now)]

    def _misnamed(self) -> str:
        if not self._names or self._precise.seen:
            return ""
        return (
            f"`stop` has nothing to look at: none of the first {self._asked} has a value of {self._score!r}; "
            f"{meant(self._score, self._names)}"
        )

    def _doubted(self, limit: float, above: bool) -> Game:  # noqa: FBT001 - as the limit has it
        unit = self._scale.to_unit(limit)
        assert unit is not None, "limits lie between the ends"  # noqa: S101 - for the type checker
        return self._bets.doubted(unit, above=above)

    def _look(self) -> None:
        """At all samples of the draw up to the first that has not landed."""
        while self._asked < len(self._order) and len(self._landed[self._order[self._asked]]) == self._epochs:
            sample_id = self._order[self._asked]
            self._asked += 1
            self._take_in(sample_id, self._landed.pop(sample_id))
            if not self.clear and not self._trouble and self._outlook.free and self._asked >= self._stop.at_least:
                self.clear = self._found()

    def _take_in(self, sample_id: str, tries: Mapping[int, Values]) -> None:
        self._names.update(name for said in tries.values() for name in said)
        score = self._named(tries.values())
        values = [said[score] for said in tries.values() if score in said]
        if self._trouble or not values:
            self._leave_out(sample_id)
            return
        unit = self._unit(score, math.fsum(values) / len(values))
        if unit is None:
            return
        self._bets.add(unit)
        self._precise.add(unit)
        self._pair(sample_id, unit)

    def _leave_out(self, sample_id: str) -> None:
        """It has no value: the whole is of those that have."""
        self._bets.miss()
        self._precise.miss()
        if self._paired is None:
            self._missed.add(sample_id)
        elif sample_id in self._outlook.base.get(self._score, {}):
            self._paired.miss()

    def _unit(self, what: str, value: float) -> float | None:
        """The value from 0 to 1; beyond the ends there is none, and nothing is clear any more."""
        unit = self._scale.to_unit(value)
        if unit is None and not self.clear:
            low, high = self._stop.between
            self._trouble = (
                f"{what} is {value:g}, which is not between {low:g} and {high:g}: the run goes on to its end; say "
                "`stop: {between: [LEAST, LARGEST]}`"
            )
        return unit

    def _named(self, tries: Iterable[Values]) -> str:
        """The score that is looked at: if none was named, one of the first sample that has any."""
        if not self._score:
            names = sorted({name for said in tries for name in said})
            self._score = next((name for name in (*self._scorers, *names) if name in names), "")
        return self._score

    def _pair(self, sample_id: str, unit: float) -> None:
        base = self._outlook.base.get(self._score, {})
        other = self._unit(f"the baseline's {self._score}", base[sample_id]) if sample_id in base else None
        if other is None:
            return
        if self._paired is None:
            self._paired = Bets(len(base.keys() - self._missed), self._stop.alpha)
            self._duels = [
                (f"is clearly {word} than the baseline's", self._paired.doubted(0.5, above=above))
                for word, above in (("better", True), ("worse", False))
            ]
        self._paired.add((unit - other + 1) / 2)

    def _found(self) -> str:
        """What is clear by now."""
        words = next((words for words, game in (*self._games, *self._duels) if game.won), "")
        return f"{self._score} {words}" if words else self._precisely()

    def _precisely(self) -> str:
        wanted = self._stop.precision
        if wanted is None or self._asked < self._next_look or not self._precise.seen:
            return ""
        low, high = self._stop.between
        half = wanted / (high - low)
        if not self._precise.may_reach(half):
            return ""
        self._next_look = math.ceil(self._asked * _EACH)
        ends = self._precise.interval()
        reach = max(ends[1] - self._precise.mean, self._precise.mean - ends[0])
        return f"{self._score} is known to ± {wanted:g}" if reach <= half else ""

    def _stopped(self) -> Stopped:
        low, high = map(self._scale.of_unit, self._precise.interval())
        said = Stopped(
            why=self.clear
            or ("it goes as far as the run that it does again" if not self._outlook.free else "it was ended"),
            clear=bool(self.clear),
            score=self._score,
            population=self._outlook.population,
            asked=self._asked,
            n=len(self._precise.seen),
            value=self._scale.of_unit(self._precise.mean),
            low=low,
            high=high,
            against=self._stop.against,
        )
        if self._paired is None:
            return said
        width = self._stop.between[1] - self._stop.between[0]
        ends = [(2 * unit - 1) * width for unit in (self._paired.mean, *self._paired.interval())]
        names = ("difference", "difference_low", "difference_high")
        return said.model_copy(update=dict(zip(names, ends, strict=True)))


def at_any_time(metrics: Sequence[Metric], stopped: Stopped | None) -> list[Metric]:
    """The figures of a run that ended early: with the interval that holds whenever one ends."""
    if stopped is None:
        return list(metrics)
    ends = {"low": stopped.low, "high": stopped.high}
    return [metric.model_copy(update=ends) if is_own(metric, stopped) else metric for metric in metrics]


def is_own(metric: Metric, stopped: Stopped) -> bool:
    """Whether it is the figure that the run stopped by."""
    return metric.name in RATES and metric.score == stopped.score and not metric.slice


def _limits(stop: Stop) -> list[tuple[str, float, bool]]:
    found = []
    if stop.below is not None:
        found.append((f"is clearly below {stop.below:g}", stop.below, False))
    if stop.above is not None:
        found.append((f"is clearly above {stop.above:g}", stop.above, True))
    return found
