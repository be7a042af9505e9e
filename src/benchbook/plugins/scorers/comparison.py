"""When a value that a program gave is as good as the expected one. The rule is written out in docs/python-coding.md."""

import math
from dataclasses import dataclass
from typing import Any

__all__ = ["Comparison"]


@dataclass(frozen=True)
class Comparison:
    """Values match if their types do, all the way down; floats within a tolerance."""

    rel_tolerance: float = 1e-9
    abs_tolerance: float = 1e-12
    int_equals_float: bool = False
    """Whether 2 is as good as 2.0, either way. A bool is never a number."""

    @property
    def rule(self) -> str:
        """Name and version of the rule, with its settings: stored with every verdict."""
        numbers = ", int = float" if self.int_equals_float else ""
        return f"typed-values/1 (rel {self.rel_tolerance:g}, abs {self.abs_tolerance:g}{numbers})"

    def matches(self, value: Any, expected: Any) -> bool:
        """Whether `value` is as good as `expected`, both plain data."""
        if type(value) is not type(expected):
            return self.int_equals_float and {type(value), type(expected)} == {int, float} and value == expected
        match expected:
            case float():
                return math.isclose(value, expected, rel_tol=self.rel_tolerance, abs_tol=self.abs_tolerance)
            case list() | tuple():
                return len(value) == len(expected) and all(map(self.matches, value, expected))
            case set() | frozenset():
                return len(value) == len(expected) and all(self._has(value, item) for item in expected)
            case dict():
                # Pairs are found like items of a set: 1, 1.0 and True are three different keys.
                pairs = list(value.items())
                return len(value) == len(expected) and all(self._has(pairs, pair) for pair in expected.items())
            case _:
                return bool(value == expected)

    def _has(self, values: Any, expected: Any) -> bool:
        return any(self.matches(value, expected) for value in values)
