"""Exact arithmetic on trees: what is a rational number, and which."""

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from benchbook.engine.answers.tree import Node

__all__ = ["TooLarge", "Undefined", "exact"]

_BITS = 20_000
"""Bits of a number that is worked out."""
_TERMS = 2_000
"""Terms of a sum that is added up, and factors of a factorial."""
_FREE = 200
"""Bits of a number that cost no more than one step."""
_NOTHING: Mapping[str, Fraction] = {}


class TooLarge(Exception):
    """A number that would take too long to work out."""


class Undefined(Exception):
    """There is no such number."""


Spend = Callable[[int], object]
"""Told what a step costs; it may raise."""


def exact(node: Node, known: Mapping[str, Fraction] = _NOTHING, spend: Spend = abs) -> Fraction | None:
    """The rational number that the tree stands for; None if it is none, or not by plain arithmetic."""
    match node.head:
        case "number":
            return _small(node.value)
        case "symbol":
            return known.get(node.value)
        case "quantity":
            value = exact(node.parts[0], known, spend)
            return value / 100 if value is not None and node.value == "percent" else None
        case "series":
            return _series(node, known, spend)
    if node.head not in _OPERATIONS:
        return None
    if (residue := _residue(node, known, spend)) is not None:
        return residue
    values = list[Fraction]()
    for part in node.parts:
        value = exact(part, known, spend)
        if value is None:
            return None
        values.append(value)
        spend(1 + _bits(value) // _FREE)
    return _small(_worked_out(node, values))


def _residue(node: Node, known: Mapping[str, Fraction], spend: Spend) -> Fraction | None:
    """What is left of a power, which may itself be too large; None if this is nothing of the kind."""
    if node.head != "call" or node.value != "mod" or len(node.parts) != 2 or node.parts[0].head != "power":
        return None
    base, exponent, modulus = (exact(part, known, spend) for part in (*node.parts[0].parts, node.parts[1]))
    if base is None or exponent is None or modulus is None or exponent < 0 or modulus <= 0:
        return None
    if {base.denominator, exponent.denominator, modulus.denominator} != {1}:
        return None
    spend(_bits(exponent) * (1 + _bits(modulus) // _FREE))
    return Fraction(pow(int(base), int(exponent), int(modulus)))


def _worked_out(node: Node, values: list[Fraction]) -> Fraction | None:
    match node.head:
        case "sum":
            return sum(values, Fraction(0))
        case "negative":
            return -values[0]
        case "product":
            return _product(values)
        case "quotient":
            return _quotient(*values)
        case "power":
            return _power(*values)
        case "root":
            return _root(*values)
    return _called(node.value, values)


_OPERATIONS = frozenset(("sum", "negative", "product", "quotient", "power", "root", "call"))


def _product(values: list[Fraction]) -> Fraction:
    if sum(map(_bits, values)) > 2 * _BITS:
        raise TooLarge
    return math.prod(values, start=Fraction(1))


def _small(value: Fraction | None) -> Fraction | None:
    if value is not None and _bits(value) > _BITS:
        raise TooLarge
    return value


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def _quotient(above: Fraction, below: Fraction) -> Fraction:
    if below == 0:
        raise Undefined("division by zero")
    return above / below


def _power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if exponent.denominator != 1:
        return _rational_power(base, exponent)
    if base == 0 and exponent <= 0:
        raise Undefined("zero to the power of zero or less")
    if abs(base) != 1 and base != 0 and _bits(base) * abs(exponent) > _BITS:
        raise TooLarge
    if abs(base) == 1:
        return base if exponent.numerator % 2 else Fraction(1)
    return base ** int(exponent)


def _rational_power(base: Fraction, exponent: Fraction) -> Fraction | None:
    if exponent.denominator > 64:
        return None
    root = _root(base, Fraction(exponent.denominator))
    return None if root is None else _power(root, Fraction(exponent.numerator))


def _root(value: Fraction, index: Fraction) -> Fraction | None:
    """The root, if it is rational; of a negative number, the real one."""
    if index.denominator != 1 or not 1 <= index <= 64:
        return None
    degree = int(index)
    if value < 0:
        inner = _root(-value, index) if degree % 2 else None
        return None if inner is None else -inner
    above, below = _whole_root(value.numerator, degree), _whole_root(value.denominator, degree)
    return None if above is None or below is None else Fraction(above, below)


def _whole_root(value: int, degree: int) -> int | None:
    if degree == 2:
        root = math.isqrt(value)
        return root if root * root == value else None
    low, high = 0, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**degree < value else (low, middle)
    return low if low**degree == value else None


def _called(name: str, values: list[Fraction]) -> Fraction | None:  # noqa: C901, PLR0912 - one line a function
    whole = [int(value) for value in values if value.denominator == 1]
    if len(whole) != len(values):
        whole = []
    match name:
        case "abs" | "norm":
            return abs(values[0])
        case "floor":
            return Fraction(math.floor(values[0]))
        case "ceil":
            return Fraction(math.ceil(values[0]))
        case "sign":
            return Fraction((values[0] > 0) - (values[0] < 0))
        case "max":
            return max(values)
        case "min":
            return min(values)
        case "mod" if len(values) == 2:
            if values[1] == 0:
                raise Undefined("division by zero")
            return values[0] % values[1]
        case "gcd" if whole:
            return Fraction(math.gcd(*whole))
        case "lcm" if whole:
            return Fraction(math.lcm(*whole[:50]))
        case "factorial" | "double factorial" if whole and whole[0] >= 0:
            return _factorial(whole[0], 2 if name != "factorial" else 1)
        case "binomial" | "permutations" if len(whole) == 2:
            return _chosen(name, *whole)
    return None


def _factorial(value: int, step: int) -> Fraction:
    if value > _TERMS * step:
        raise TooLarge
    return Fraction(math.prod(range(value, 0, -step)))


def _chosen(name: str, of: int, taken: int) -> Fraction | None:
    if of < 0 or taken < 0:
        return None
    if min(taken, of - taken if name == "binomial" else taken) > _TERMS or of.bit_length() > 1000:
        raise TooLarge
    return Fraction(math.comb(of, taken) if name == "binomial" else math.perm(of, taken))


def _series(node: Node, known: Mapping[str, Fraction], spend: Spend) -> Fraction | None:
    body, index, first, last = node.parts
    low, high = exact(first, known, spend), exact(last, known, spend)
    if low is None or high is None or low.denominator != 1 or high.denominator != 1:
        return None
    if high - low > _TERMS:
        raise TooLarge
    product = node.value == "prod"
    total = Fraction(1 if product else 0)
    for step in range(int(low), int(high) + 1):
        term = exact(body, {**known, index.value: Fraction(step)}, spend)
        if term is None:
            return None
        total = total * term if product else total + term
        _small(total)
    return total
