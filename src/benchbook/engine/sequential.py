"""Bets on a mean while it becomes known, sample by sample in random order: one may look at any time, and stop.

Against every mean that the whole could have, a gambler bets on each next sample, fairly if that is the mean. Whoever
sees the capital of a fair game multiplied by 1 / alpha has seen what happens with a chance of at most alpha, whenever
he looks (Ville 1939). The means that are not ruled out so are the confidence sequence. Samples are drawn without
replacement from a whole that is known to have N: what is left of it must make up for what was seen (Waudby-Smith &
Ramdas 2020, "Confidence sequences for sampling without replacement"; bets by Waudby-Smith & Ramdas 2024, "Estimating
means of bounded random variables by betting", the hedged capital with predictable plug-in bets). When all are seen, the
interval is the mean itself.
"""

import math
from dataclasses import dataclass, field

BOLDEST = 0.75
"""The share of the capital that is risked at most."""
_HALVINGS = 14
_SLACK = 1e-9


@dataclass
class Bets:
    """What was seen, and the bets that were placed on each, which do not hang on the mean that is doubted."""

    population: int
    """How many there are to be seen in all."""
    alpha: float = 0.05
    seen: list[float] = field(default_factory=list)
    """Values from 0 to 1, in the order of the draw."""
    placed: list[float] = field(default_factory=list)
    """What is bet on each, but for what a game cannot risk."""
    _games: list["Game"] = field(default_factory=list)
    _total: float = 0.0
    _squares: float = 0.25
    """Around the means of the time, with one imagined value at a distance of one half."""
    _low: float = 0.0
    _high: float = 1.0

    def add(self, value: float) -> None:
        """See the next."""
        count = len(self.seen)
        variance = self._squares / (count + 1)
        self.placed.append(math.sqrt(2 * math.log(2 / self.alpha) / (variance * (count + 1) * math.log(count + 2))))
        self.seen.append(value)
        self._total += value
        mean = (0.5 + self._total) / (count + 2)
        self._squares += (value - mean) ** 2
        for game in self._games:
            game.play(self, count)

    def miss(self) -> None:
        """One has no value: the whole is of those that have."""
        self.population -= 1

    def may_reach(self, half: float) -> bool:
        """Whether the interval may be as narrow as that to either side; worth a look then."""
        count = len(self.seen)
        fair = math.sqrt(self._squares / (count + 1) / max(1, count) * max(0.0, 1 - count / self.population))
        return 1.5 * fair <= half

    @property
    def mean(self) -> float:
        """Of what was seen."""
        return self._total / len(self.seen)

    def interval(self) -> tuple[float, float]:
        """Where the mean of the whole is, with all that was ruled out at any time."""
        if len(self.seen) >= self.population:
            return self.mean, self.mean
        if self.seen:
            middle = min(max(self.mean, self._low), self._high)
            self._low = self._edge(self._low, middle, above=True)
            self._high = self._edge(self._high, middle, above=False)
        return self._low, self._high

    def doubted(self, mean: float, *, above: bool) -> "Game":
        """A game against that mean, by whoever bets that the whole is above it, or below; played along from now on."""
        game = Game(mean, above)
        game.play(self, 0)
        self._games.append(game)
        return game

    def _edge(self, out: float, within: float, *, above: bool) -> float:
        """Between a mean that is ruled out (or is an end) and one that is not: where the one turns into the other, on
        the safe side. The capital grows with the distance, so there is one place."""
        for _ in range(_HALVINGS):
            middle = (out + within) / 2
            game = Game(middle, above)
            game.play(self, 0)
            if game.won:
                out = middle
            else:
                within = middle
        return out


@dataclass
class Game:
    """Bets against one mean. Half of the capital is for those above it, the other half for those below."""

    mean: float
    above: bool
    won: bool = False
    """Whether the capital has ever been enough to rule the mean out."""
    _capital: float = 0.0
    """Its logarithm."""
    _total: float = 0.0

    def play(self, bets: Bets, start: int) -> None:
        """What was seen from there on."""
        capital, total, above = self._capital, self._total, self.above
        enough, whole, left = math.log(2 / bets.alpha), bets.population * self.mean, bets.population - start
        for value, bet in zip(bets.seen[start:], bets.placed[start:], strict=True):
            if self.won or left <= 0:
                return
            # What is left must make up for what was seen; a mean for which it cannot is ruled out.
            rest = (whole - total) / left
            if rest < -_SLACK or rest > 1 + _SLACK:
                self.won = (rest < 0) == above
                return
            risk = min(1.0, max(0.0, rest if above else 1 - rest))
            stake = min(bet, BOLDEST / risk) if risk else bet
            gain = value - rest if above else rest - value
            capital += math.log1p(max(stake * gain, -BOLDEST))
            self.won = capital >= enough
            total += value
            left -= 1
        self._capital, self._total = capital, total


@dataclass(frozen=True)
class Scale:
    """Values of a score between two ends, as bets have them: from 0 to 1."""

    low: float
    high: float

    def to_unit(self, value: float) -> float | None:
        """None beyond the ends."""
        unit = (value - self.low) / (self.high - self.low)
        return unit if -1e-9 <= unit <= 1 + 1e-9 else None

    def of_unit(self, unit: float) -> float:
        """The value again."""
        return self.low + unit * (self.high - self.low)
