"""What the figures of a run are held to, before somebody relies on it."""

import re
from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from benchbook.specs.spec import Several, Spec, mistake_in

Severity = Literal["fail", "warn"]
Bound = Literal["value", "low", "high"]

_SHORT = re.compile(r"\s*(?P<figure>[^\s<>=]+?)(?:\.(?P<bound>low|high))?\s*(?P<sign>>=|<=)\s*(?P<number>\S+)\s*")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


class Gate(Spec):
    """One demand on one figure. The short spelling is `FIGURE >= NUMBER` or `FIGURE <= NUMBER`; `pass_rate.low` is the
    lower end of the interval.

    A figure that is not there is an error of the gate, and never passes.
    """

    name: str = Field(default="", max_length=200)
    """What tables call it; made of what it demands unless given."""
    severity: Severity = "fail"
    """Whether the command fails with it, or only says so."""
    model: str = ""
    """Only for runs of this model; of all unless given."""
    task: str = ""
    """Only for runs of this task."""
    figure: str = ""
    """A metric (`pass_rate`, `mean`, `pass@1`, `latency_p95`, `cost_per_sample`, …), or `error_rate`,
    `unscored_share`."""
    score: str = ""
    """Of which score, where there are several."""
    slice: str = ""
    """In which slice; in all samples unless given."""
    bound: Bound = "value"
    """Whether the figure itself is meant, or an end of its 95 % interval."""
    at_least: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)
    max_drop: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """How much less than the baseline's it may be: a number, or a share of the baseline's as `5%`."""
    max_rise: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """How much more."""
    relative: bool = False
    """Whether `max_drop` and `max_rise` are shares of what the baseline has; `5%` says so, too."""
    no_regression: bool = False
    """Whether it must not be worse than the baseline's by more than chance explains."""
    max_lost: float | None = Field(default=None, ge=0, le=1)
    """Which share of what the baseline has a value of may be without one, for a gate beside it to look at the rest: a
    number, or `5%`; 1 % unless given."""

    @model_validator(mode="before")
    @classmethod
    def _spelt(cls, data: Any) -> Any:
        if isinstance(data, str):
            return _short(data)
        if not isinstance(data, Mapping):
            return data
        lost = _share(data.get("max_lost"))
        data = {**data, "max_lost": lost} if lost is not None else data
        shares = {name: found for name in ("max_drop", "max_rise") if (found := _share(data.get(name))) is not None}
        return {**data, **shares, "relative": True} if shares else data

    @model_validator(mode="after")
    def _demands_one_thing(self) -> Self:
        kinds = [
            *(["at_least or at_most"] if (self.at_least, self.at_most) != (None, None) else []),
            *(name for name in ("max_drop", "max_rise") if getattr(self, name) is not None),
            *(["no_regression"] if self.no_regression else []),
        ]
        if len(kinds) != 1:
            told = f"it has {' and '.join(kinds)}" if kinds else "it has none"
            raise ValueError(
                "a gate demands one thing: `at_least` and/or `at_most`, or `max_drop`, or `max_rise`, or "
                f"`no_regression: true`; {told}"
            )
        if not self.figure and not self.no_regression:
            raise mistake_in("figure", "this field is required, e.g. pass_rate")
        if self.figure and self.no_regression:
            raise mistake_in("figure", "`no_regression` looks at the samples of a score: say `score` instead")
        if self.no_regression and self.bound != "value":
            raise mistake_in("bound", "`no_regression` is a test; bounds are for figures and `max_drop`")
        if self.relative and self.max_drop is None and self.max_rise is None:
            raise mistake_in("relative", "only `max_drop` and `max_rise` can be shares of what the baseline has")
        if self.max_lost is not None and not self.beside_baseline:
            raise mistake_in("max_lost", "it is for gates beside a baseline; for others say `unscored_share <= 0.05`")
        if self.relative and self.bound != "value":
            raise mistake_in("bound", "an interval is known of differences, not of shares; give the number itself")
        return self

    @field_validator("at_least", "at_most", "max_drop", "max_rise", "max_lost", mode="before")
    @classmethod
    def _number(cls, given: Any) -> Any:
        if isinstance(given, str):
            told = "shares as `5%` are for max_drop, max_rise and max_lost"
            raise ValueError(f"expected a number, got {given[:60]!r} ({told})")  # noqa: TRY004 - pydantic hears of no other
        return given

    @property
    def beside_baseline(self) -> bool:
        """Whether it needs one."""
        return self.no_regression or self.max_drop is not None or self.max_rise is not None

    @property
    def title(self) -> str:
        """What it is called."""
        return self.name or self.demand

    @property
    def demand(self) -> str:
        """What it demands, in words."""
        of = " ".join(part for part in (self.figure, self.score) if part) or "score"
        end = "" if self.bound == "value" else f" ({self.bound} end)"
        what = f"{of}{f' in {self.slice}' if self.slice else ''}{end}"
        if self.no_regression:
            return f"no significant drop of {what}"
        if self.beside_baseline:
            most = self.max_drop if self.max_drop is not None else self.max_rise
            share = f"{(most or 0) * 100:g} %" if self.relative else f"{most:g}"
            return f"{what} {'drops' if self.max_drop is not None else 'rises'} by at most {share}"
        ends = [("≥", self.at_least), ("≤", self.at_most)]
        return f"{what} {' and '.join(f'{sign} {end:g}' for sign, end in ends if end is not None)}"


class Thresholds(Spec):
    """Gates, and what they are held against: the whole of a thresholds file."""

    baseline: str = ""
    """The name of a baseline, a run's id, or a file of one (`*.jsonl`, beside the thresholds)."""
    branch: str = ""
    """Whose baselines come first."""
    alpha: float = Field(default=0.05, gt=0, lt=1)
    """How likely one or more of the `no_regression` gates may fail by chance, all of them together."""
    gates: Several[Gate] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.gates:
            raise mistake_in("gates", "this field is required, with at least one gate, e.g. `- pass_rate >= 0.6`")
        titles = [(gate.title, gate.model, gate.task) for gate in self.gates]
        for at, title in enumerate(titles):
            if title in titles[:at]:
                raise mistake_in("gates", f"two gates are called {title[0]!r}; give one of them another `name`")
        return self


def _short(text: str) -> dict[str, Any]:
    found = _SHORT.fullmatch(text)
    if found is None:
        raise ValueError(f"expected a gate like `pass_rate >= 0.6` or a mapping of its fields, got {text[:60]!r}")
    try:
        number = float(found["number"])
    except ValueError:
        share = _share(found["number"])
        remedy = "" if share is None else f"; shares are written as {share:g}"
        raise ValueError(f"{found['number'][:60]!r} is no number in {text[:60]!r}{remedy}") from None
    limit = {"at_least" if found["sign"] == ">=" else "at_most": number}
    return {"figure": found["figure"], "bound": found["bound"] or "value", **limit}


def _share(given: Any) -> float | None:
    found = _PERCENT.fullmatch(given.strip()) if isinstance(given, str) else None
    return float(found[1]) / 100 if found else None
