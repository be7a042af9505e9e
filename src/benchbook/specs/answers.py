"""Answers that are compared: which two, by what policy, and what came of it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from benchbook.errors import SpecError
from benchbook.specs.quoting import quoted
from benchbook.specs.spec import Spec, json_of, unknown

Equality = Literal["equal", "different", "undecided"]

_LENIENT: dict[str, dict[str, Any]] = {
    "default": {},
    "rounding": {"rounding": "allowed"},
    "percent_vs_number": {"percent": "either"},
    "units": {"units": "ignore"},
    "unit_conversion": {"units": "convert"},
    "degrees_vs_radians": {"units": "convert"},
    "list_order": {"order": "ignore"},
    "tuple_vs_set": {"collections": "loose"},
    "singleton_set": {"collections": "loose"},
    "row_vs_column": {"vectors": "loose"},
    "variable_name": {"names": "ignore"},
    "decimal_comma": {"decimal_comma": True},
    "dropped_base": {"base": "optional"},
    "ratio_vs_fraction": {"ratios": "fractions"},
    "several_boxed": {"boxed": "all"},
    "letter_case": {"case": "ignore"},
    "synonym": {"synonyms": True},
}
"""What each name of a policy allows."""


class Policy(Spec):
    """What counts as the same answer where mathematics leaves it open.

    As text it is a name, or several with `+`: `rounding`, `unit_conversion+list_order`.
    """

    rel_tolerance: float = Field(default=0.0, ge=0, lt=1)
    """How far numbers may be apart, relative to the larger; whole numbers written as such must always be equal."""
    rounding: Literal["exact", "allowed"] = "exact"
    """Whether a decimal number equals what it is when rounded to its digits (at least two that count)."""
    percent: Literal["fraction", "either"] = "fraction"
    """25 % is 0.25, or also 25."""
    units: Literal["optional", "required", "convert", "ignore"] = "optional"
    """A unit may be missing on one side, must be there on both, is converted, or does not count."""
    order: Literal["tuples", "ignore", "keep"] = "tuples"
    """Order counts in tuples alone, nowhere, or in plain lists as well. In sets it never does."""
    collections: Literal["typed", "loose"] = "typed"
    """Whether (1, 2), {1, 2} and [1, 2] are different things, and {5} is not 5."""
    vectors: Literal["typed", "loose"] = "typed"
    """Whether a row is not a column."""
    intervals: Literal["relations", "typed"] = "relations"
    """Whether 1 < x < 2 is the interval (1, 2)."""
    names: Literal["keep", "ignore"] = "keep"
    """Whether k = 1 is another answer than x = 1. A bare 1 equals both."""
    decimal_comma: bool = False
    """Whether 3,5 is three and a half."""
    base: Literal["required", "optional"] = "required"
    """Whether the base of 204_5 may be left out."""
    ratios: Literal["typed", "fractions"] = "typed"
    """Whether 3:4 is also 3/4."""
    case: Literal["words", "ignore"] = "words"
    """Case does not count in words; with `ignore`, in single letters neither."""
    synonyms: bool = True
    """Whether `no solution` is the empty set, and `five` is 5."""
    boxed: Literal["last", "all"] = "last"
    """Whether of several boxed answers the last counts, or all together."""

    @property
    def name(self) -> str:
        """What is other than by default, in words."""
        changed = [f"{field}={getattr(self, field)}" for field in type(self).model_fields if _differs(self, field)]
        return ", ".join(changed) or "default"

    @classmethod
    def read(cls, data: object) -> "Policy":
        """The policy that is named, described by its fields, or left open (null, an empty text)."""
        if data is None or data == "":
            return cls()
        if isinstance(data, Mapping):
            return cls.parse(data)
        names = data.replace(",", "+").split("+") if isinstance(data, str) else data
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise SpecError(f"a policy is a name, a list of names or an object of fields, not {quoted(data, 60)}")
        fields: dict[str, Any] = {}
        for name in map(str.strip, names):
            if name not in _LENIENT:
                raise SpecError(unknown("policy", name, _LENIENT))
            fields |= _LENIENT[name]
        return cls.parse(fields)


class Verification(Spec):
    """Whether an answer is the expected one."""

    verdict: Equality
    extraction: str
    """The rule that found the answer in the reply."""
    comparison: str
    """The rule by which it was compared: what kind of answers they are."""
    policy: str
    """By what policy."""
    reason: str = ""
    answer: str = ""
    """What was taken for the answer."""

    @property
    def rule(self) -> str:
        """Both rules: where the answer was found, and how it was compared."""
        return f"{self.extraction}: {self.comparison}"

    def as_json(self) -> dict[str, Any]:
        """For a line of JSON."""
        return {
            "verdict": self.verdict,
            "rule": self.rule,
            "policy": self.policy,
            "reason": self.reason,
            "answer": self.answer,
        }


class AnswerPair(Spec):
    """An expected answer and a reply."""

    id: str | int
    gold: str
    pred: str
    policy: Policy = Policy()
    trouble: str = ""
    """What is wrong with the policy that was given: then nothing is compared."""


def read_pairs(lines: Iterable[bytes], name: str, policy: Policy = Policy()) -> Iterator[AnswerPair]:
    """The pairs of a JSON Lines file; SpecError names file, line and field. Other fields than ours are left alone.

    A line without a policy has the one given. One whose policy is none of ours is undecided, and says so.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield _pair(json_of(line), number, policy)
        except SpecError as err:
            raise SpecError(err.message, field=err.field, at=f"{name}:{number}") from None


def _pair(data: object, number: int, policy: Policy) -> AnswerPair:
    if not isinstance(data, Mapping):
        raise SpecError(f"a line is an object with `gold` and `pred`, not {quoted(data, 60)}")
    for field in ("gold", "pred"):
        if field not in data:
            raise SpecError("this field is required", field=[field])
        if not isinstance(data[field], str):
            raise SpecError(f"expected a text, got {quoted(data[field], 60)}", field=[field])
    key = data.get("id")
    if key is not None and (isinstance(key, bool) or not isinstance(key, str | int)):
        raise SpecError(f"expected a text or a whole number, got {quoted(key, 60)}", field=["id"])
    texts = {field: data[field].encode("utf-8", "replace").decode() for field in ("gold", "pred")}
    given = {"id": number if key is None else key, **texts}
    asked = data.get("policy")
    try:
        return AnswerPair(**given, policy=policy if asked in (None, "") else Policy.read(asked))
    except SpecError as err:
        return AnswerPair(**given, trouble=str(err.under("policy")))


def _differs(policy: Policy, field: str) -> bool:
    return bool(getattr(policy, field) != Policy.model_fields[field].default)
