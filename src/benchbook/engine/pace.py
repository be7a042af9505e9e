"""Requests and tokens per minute: no more than was agreed, evenly, and exact in the long run."""

from dataclasses import dataclass, field

from benchbook.engine.budget import CHARACTERS
from benchbook.protocols import Request
from benchbook.specs.models import ModelLimits
from benchbook.specs.outputs import Usage


@dataclass
class Bucket:
    """Fills evenly, up to what a second brings; what costs more than that leaves a debt."""

    per_minute: float
    level: float = field(init=False)
    since: float | None = None

    def __post_init__(self) -> None:
        self.level = self._brim

    def delay(self, cost: float, now: float) -> float:
        """Seconds until there is enough for `cost`."""
        self._fill(now)
        return max(0.0, (min(cost, self._brim) - self.level) * 60 / self.per_minute)

    def take(self, cost: float, now: float) -> None:
        """Spend `cost`, or give it back if it is negative."""
        self._fill(now)
        self.level = min(self._brim, self.level - cost)

    @property
    def _brim(self) -> float:
        return max(1.0, self.per_minute / 60)

    def _fill(self, now: float) -> None:
        if self.since is not None:
            self.level = min(self._brim, self.level + (now - self.since) * self.per_minute / 60)
        self.since = now


@dataclass
class Pace:
    """How fast a model may be asked. Tokens are guessed before a request, from what the answers so far have used."""

    requests: Bucket | None = None
    tokens: Bucket | None = None
    _characters: float = field(default=0.0, init=False)
    _input: int = field(default=0, init=False)
    _output: int = field(default=0, init=False)
    _answers: int = field(default=0, init=False)

    @classmethod
    def of(cls, limits: ModelLimits) -> "Pace":
        """The pace that these limits allow."""
        requests, tokens = limits.requests_per_minute, limits.tokens_per_minute
        return cls(Bucket(requests) if requests else None, Bucket(tokens) if tokens else None)

    def delay(self, tokens: float, now: float) -> float:
        """Seconds until a request of so many tokens may be sent."""
        wait = self.requests.delay(1.0, now) if self.requests else 0.0
        return max(wait, self.tokens.delay(tokens, now)) if self.tokens else wait

    def take(self, tokens: float, now: float) -> None:
        """A request of so many tokens is sent."""
        if self.requests:
            self.requests.take(1.0, now)
        if self.tokens:
            self.tokens.take(tokens, now)

    def guess(self, request: Request) -> float:
        """The tokens that the request will use; 0 where nobody counts them."""
        if self.tokens is None:
            return 0.0
        answer = self._output / self._answers if self._answers else request.config.max_tokens or 0
        return self.weight(_length(request)) + answer

    def weight(self, characters: int) -> float:
        """The tokens of a text of that length: by the rule of thumb until the model's own are known."""
        return (
            characters * self._input / self._characters if self._characters and self._input else characters / CHARACTERS
        )

    def settle(self, request: Request, guessed: float, used: Usage, now: float) -> None:
        """Put right what was guessed, and guess better from now on."""
        spent = used.input_tokens + used.output_tokens
        if self.tokens is None or not spent:
            return
        self._characters += _length(request)
        self._input += used.input_tokens
        self._output += used.output_tokens
        self._answers += 1
        self.tokens.take(spent - guessed, now)

    def give_back(self, tokens: float, now: float) -> None:
        """A request was refused: it has used nothing."""
        if self.tokens:
            self.tokens.take(-tokens, now)


def _length(request: Request) -> int:
    prompt = request.prompt
    return len(prompt) if isinstance(prompt, str) else sum(len(turn.content) for turn in prompt)
