"""What an experiment spends, sample by sample, and when it has spent enough.

A sample begins if what is spent, and what all that are in flight with it may come to, stays within the budget. Each of
them is counted at the dearest sample of its run so far, those in flight included; before one is done, at the length of
its input and the longest answer that is allowed, and one sample may begin in any case. So the budget is exceeded only
by what samples in flight cost more than the dearest before them; and what is left at the end is less than one dearest
sample.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from benchbook.protocols import Purse
from benchbook.records.datasets import Sample
from benchbook.records.runs import Run
from benchbook.specs.budgets import Budget
from benchbook.specs.experiments import RunSpec
from benchbook.specs.models import Price, Prompt
from benchbook.specs.outputs import Likelihood, Output, Usage

CHARACTERS = 4
"""Of a text, for each of its tokens, where nobody has counted them: a rule of thumb for English."""


_NOTHING = Usage()


class Spent(NamedTuple):
    """What something cost."""

    cost: float = 0.0
    tokens: int = 0

    def plus(self, other: "Spent") -> "Spent":
        """Both."""
        return Spent(self.cost + other.cost, self.tokens + other.tokens)

    def dearer(self, other: "Spent") -> "Spent":
        """The more of both, each by itself."""
        return Spent(max(self.cost, other.cost), max(self.tokens, other.tokens))


@dataclass
class Account:
    """What an experiment has spent and may spend. Its runs draw on it one after the other."""

    budget: Budget
    spent: Spent = Spent()
    seconds: float = 0.0
    """What earlier attempts have worked."""
    dearest: Mapping[str, Spent] = field(default_factory=dict)
    """Of each run, by its id, the dearest of its samples in earlier attempts."""
    currency: str = ""
    clock: Callable[[], float] = time.monotonic
    reason: str | None = None
    """Why no sample may begin, as long as none may."""
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock()

    @property
    def elapsed(self) -> float:
        """Seconds of work, earlier attempts included."""
        return self.seconds + self.clock() - self._began

    def purse(self, run: Run) -> "RunPurse":
        """What a run draws by; it knows what its dearest sample was before."""
        return RunPurse(self, run.spec, self.dearest.get(run.id))

    def allows(self, more: Spent) -> bool:
        """Whether so much more may be spent; if not, `reason` says why."""
        self.reason = self._reason(self.spent.plus(more))
        return self.reason is None

    def exhausted(self) -> bool:
        """Whether there is nothing left at all."""
        least = Spent(1e-12 if self.budget.max_cost else 0.0, 1 if self.budget.max_tokens else 0)
        return not self.allows(least)

    def said(self) -> str:
        """What was spent, in words."""
        cost = [f"{self.spent.cost:.4f} {self.currency}".strip()] if self.budget.max_cost is not None else []
        return ", ".join([*cost, f"{self.spent.tokens:,} tokens", f"{self.elapsed:.0f} s"])

    def _reason(self, then: Spent) -> str | None:
        most = self.budget
        if most.max_time is not None and self.elapsed >= most.max_time:
            return f"max_time ({most.max_time:g} s) is reached"
        if most.max_cost is not None and then.cost > most.max_cost:
            return f"one more sample might exceed max_cost ({most.max_cost:g} {self.currency}".rstrip() + ")"
        if most.max_tokens is not None and then.tokens > most.max_tokens:
            return f"one more sample might exceed max_tokens ({most.max_tokens:,})"
        return None


@dataclass
class RunPurse:
    """What one run draws by."""

    account: Account
    spec: RunSpec
    dearest: Spent | None
    open: int = 0
    _paid: Spent = Spent()
    """By the samples in flight, until now."""
    _most: Spent = Spent()
    """By one sample, until now. None in flight has paid more, so what one has too much is never taken for another's."""

    def affords(self, sample: Sample) -> bool:
        """Whether one more sample may begin, with all that is in flight counted at what it may come to."""
        each = self.dearest
        if each is None and self.open == 0:
            return not self.account.exhausted()
        if each is None:
            each = self._spent(self._longest(sample))
        each = each.dearer(self._most)
        coming = self.open + 1
        return self.account.allows(
            Spent(each.cost * coming - self._paid.cost, each.tokens * coming - self._paid.tokens)
        )

    def begin(self) -> None:
        """A sample begins."""
        self.open += 1

    def pay(self, used: Usage, total: Usage) -> None:
        """A model has answered, and used so much; its sample has used `total` until now."""
        spent = self._spent(used)
        self.account.spent = self.account.spent.plus(spent)
        self._paid = self._paid.plus(spent)
        self._most = self._most.dearer(self._spent(total))

    def end(self, used: Usage) -> None:
        """A sample is done, and has used so much in all."""
        spent = self._spent(used)
        self.open -= 1
        self._paid = Spent(self._paid.cost - spent.cost, self._paid.tokens - spent.tokens)
        if spent != Spent():
            self.dearest = spent if self.dearest is None else self.dearest.dearer(spent)

    def _spent(self, used: Usage) -> Spent:
        cost = self.spec.price.of(used) if self.spec.price else 0.0
        return Spent(cost, used.input_tokens + used.output_tokens)

    def _longest(self, sample: Sample) -> Usage:
        return Usage(input_tokens=tokens_of(sample.row.input), output_tokens=self.spec.generate.max_tokens or 0)


@dataclass
class Expense:
    """What one sample spends."""

    purse: Purse | None = None
    counted: Usage = _NOTHING
    """All of its questions, but nothing for what was known already; with a guess where the backend does not count."""
    guessed: bool = False
    """Whether some of that is a guess."""
    _paid: Usage | None = None

    def __post_init__(self) -> None:
        if self.purse is not None:
            self.purse.begin()

    def cost(self, price: Price | None, *, unasked: Usage | None = None) -> float | None:
        """What it cost at a price; `unasked` is what was used if nobody asked by us. None if that is not known: a guess
        is no cost, unless tokens are free."""
        if price is None:
            return None
        if self.guessed:
            return 0.0 if price.nothing else None
        used = unasked if self._paid is None else self._paid
        return None if used is None else price.of(used)

    def answered(self, prompt: Prompt, output: Output) -> None:
        """A model has answered, or the answer was known."""
        used = _NOTHING if output.cached else output.usage
        self._paid = used if self._paid is None else self._paid.plus(used)
        if used.nothing and not output.cached:
            self.guessed = True
            used = Usage(input_tokens=tokens_of(prompt), output_tokens=tokens_of(output.text + output.reasoning))
        self._count(used)

    def weighed(self, context: str, continuation: str, likelihood: Likelihood) -> None:
        """A model has weighed a continuation; nobody counts what that takes."""
        if not likelihood.cached:
            self.guessed = True
            self._count(Usage(input_tokens=tokens_of(context + continuation)))

    def close(self) -> None:
        """The sample spends no more."""
        if self.purse is not None:
            self.purse.end(self.counted)

    def _count(self, used: Usage) -> None:
        self.counted = used if self.counted.nothing else self.counted.plus(used)
        if self.purse is not None:
            self.purse.pay(used, self.counted)


def tokens_of(prompt: Prompt) -> int:
    """About how many tokens a prompt has: its characters by the rule of thumb."""
    texts = [prompt] if isinstance(prompt, str) else [turn.content for turn in prompt]
    return -(-sum(map(len, texts)) // CHARACTERS)
