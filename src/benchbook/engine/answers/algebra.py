"""What takes more than exact arithmetic: values at points of high precision first, sympy where these are not to be had.

Only worker processes import this: it may take any time and memory. Trees become numbers and sympy's objects by
constructors; no text is ever parsed or evaluated by sympy.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath
import sympy
from mpmath import mp

from benchbook.engine.answers.comparison import Undecided
from benchbook.engine.answers.numbers import TooLarge, Undefined, exact
from benchbook.engine.answers.tree import Node, symbol, walk
from benchbook.engine.answers.units import read_unit
from benchbook.specs.quoting import with_article

__all__ = ["Points", "rehearse"]

_LOW, _HIGH = 30, 90
"""Digits of a first look and of a second."""
_ENOUGH = 5
"""Points at which two expressions must agree, where there are so many at which both are defined."""
_FEWEST = 2
_CONSTANTS = frozenset(("pi", "e", "i", "infty"))
_SEED = 20_011
_PLACES, _STEPS, _THIRDS = 60, 100, 320
"""Decimals to which a zero is found, and steps that it may take."""
_MOST_ZEROS = 12
_MAGNITUDE = 12
_SMALL = Fraction(1, 10**_MAGNITUDE)
"""What is smaller, or larger than its inverse, may need more than a first look."""
_EXPONENT = 1 << 40
"""Bits of the exponent of a number that is worked with."""
_BENT = frozenset(("abs", "floor", "ceil", "max", "min", "sign"))
_SYMBOLIC = frozenset(("series", "integral", "antiderivative", "limit"))

Env = Mapping[str, Any]


class _NoValue(Exception):
    """The expression has no value there."""


def rehearse() -> None:
    """Do once what takes long at first use."""
    x = sympy.Symbol("x", real=True)
    sympy.simplify(sympy.integrate(x**2 + sympy.sin(x), (x, 0, 1)) - sympy.Sum(x, (x, 1, 3)).doit())
    Points().equal(Node("root", (Node("number", (), Fraction(2)), Node("number", (), Fraction(2)))), symbol("x"), 0.0)


class Points:
    """Algebra by values at points."""

    def equal(self, one: Node, other: Node, tolerance: float) -> bool:
        """Whether both have the same value, for all values of their variables."""
        names = sorted(_free(one) | _free(other))
        if not names:
            return _same_constant(one, other, tolerance)
        agreed, bent = 0, _is_bent(one) or _is_bent(other)
        points = [*_points(names), *_beyond(names, (one, other))] if bent else _points(names)
        if len(names) > 1 and all(_has_root(each) and not _has_size(each) for each in (one, other)):
            # As in physics, where roots are taken of what is positive: `√(k/m)` is `√(km)/m`.
            points = [env for env in points if all(value > 0 for value in env.values())]
        # A first look is enough, unless something may vanish in it.
        enough = bool(tolerance) or not (_has_extremes(one) or _has_extremes(other))
        for env in points:
            close = _close_at(one, other, env, tolerance, first=enough)
            if close is False:
                return False
            agreed += close is True
            if agreed >= _ENOUGH and not bent:
                return True
        return agreed >= _FEWEST or _simplifies(one, other)

    def same_equation(self, one: Node, other: Node) -> bool:
        """Whether both are zero for the same values of their variables."""
        if self.scale(one, other):
            return True
        names = sorted(_free(one) | _free(other))
        if not names or _free(one) != _free(other):
            return False
        return _vanishes_with(one, other, names) and _vanishes_with(other, one, names)

    def scale(self, one: Node, other: Node) -> int:
        """The sign of the constant that the first is the second times; 0 if there is none."""
        ratios = list[Any]()
        for env in _points(sorted(_free(one) | _free(other))):
            try:
                left, right = _at(one, env, _LOW), _at(other, env, _LOW)
            except _NoValue:
                continue
            if abs(right) < mpmath.mpf(10) ** -15 or abs(left) < mpmath.mpf(10) ** -15:
                if abs(left) + abs(right) < mpmath.mpf(10) ** -15:
                    continue
                return 0
            ratios.append(left / right)
            if abs(ratios[-1] - ratios[0]) > abs(ratios[0]) * mpmath.mpf(10) ** -15:
                return 0
            if len(ratios) >= _ENOUGH:
                break
        if len(ratios) < _FEWEST:
            return 0
        if mpmath.im(ratios[0]) != 0:
            return 0 if abs(mpmath.im(ratios[0])) > 1e-12 else 1
        return 1 if mpmath.re(ratios[0]) > 0 else -1

    def real(self, node: Node) -> Fraction | float:
        """The value of a constant, as close as makes no difference; or infinity."""
        try:
            value = _at(node, {}, 60)
        except _NoValue as err:
            raise Undefined(str(err)) from None
        if mpmath.im(value) != 0:
            raise Undefined("it is not real")
        if mpmath.isinf(value):
            return float(value)
        if value == 0:
            return Fraction(0)
        if abs(mpmath.mag(value)) > 100_000:
            raise TooLarge
        with mp.workdps(60):
            # Equal values come out of different expressions with different last digits.
            scale = 45 - int(mpmath.floor(mpmath.log10(abs(value))))
            return Fraction(int(mpmath.nint(value * mpmath.mpf(10) ** scale))) / Fraction(10) ** scale

    def zeros(self, node: Node, name: str) -> list[Fraction]:
        """Where the expression is zero, as far as that is found: where its sign changes, or it comes closest to it."""
        return [Fraction(int(mpmath.nint(at * 10**_PLACES)), 10**_PLACES) for at in _zeros(node, name)]

    def holds(self, signs: Sequence[str], parts: Sequence[Node], name: str, value: Fraction) -> bool:
        """Whether the relations hold where the variable has that value."""
        with mp.workdps(60):
            env = {name: mpmath.mpf(value.numerator) / value.denominator}
        try:
            values = [_exactly_at(part, name, value) or _at(part, env, 60) for part in parts]
        except _NoValue:
            return False
        return all(map(_holds, signs, values, values[1:]))


def _exactly_at(node: Node, name: str, value: Fraction) -> Any:
    try:
        known = exact(node, {name: value})
    except (TooLarge, Undefined):
        return None
    if known is None:
        return None
    with mp.workdps(60):
        return mpmath.mpf(known.numerator) / known.denominator


def _holds(sign: str, left: Any, right: Any) -> bool:
    if mpmath.im(left) != 0 or mpmath.im(right) != 0:
        return False
    same = bool(abs(left - right) <= mpmath.mpf(10) ** -45 * max(abs(left), abs(right), mpmath.mpf(1)))
    match sign:
        case "<":
            return bool(left < right) and not same
        case ">":
            return bool(left > right) and not same
        case "<=":
            return bool(left < right) or same
        case ">=":
            return bool(left > right) or same
    return same == (sign == "=")


# Points


def _free(node: Node) -> frozenset[str]:
    bound = {each.parts[1].value for each in walk(node) if each.head in _SYMBOLIC}
    names = {each.value for each in walk(node) if each.head == "symbol" and each.value not in _CONSTANTS}
    kept = {each.parts[1].value for each in walk(node) if each.head == "antiderivative"}
    return frozenset(map(str, (names - bound) | kept))


_RANGES = ((0.5, 3.0), (0.05, 0.95), (-0.95, -0.05), (1.1, 4.0), (-4.0, -1.1), (0.1, 0.9), (2.0, 9.0))


def _points(names: Sequence[str]) -> Iterator[Env]:
    """Values of the variables: reals of all sorts, then whole numbers, the same for the same names."""
    source = random.Random(_SEED)  # noqa: S311 - nobody gains by guessing them
    for low, high in _RANGES:
        yield {name: _drawn(source, low, high) for name in names}
    for start in (2, 3, 5):
        yield {name: mpmath.mpf(start + source.randrange(1, 6) + at) for at, name in enumerate(names)}


def _beyond(names: Sequence[str], trees: Sequence[Node]) -> Iterator[Env]:
    """Values beyond the numbers that occur, where what is bent at one of them goes another way."""
    numbers = {abs(node.value) for tree in trees for node in walk(tree) if node.head == "number" and node.value}
    for size in sorted(numbers, reverse=True)[:4]:
        for stretch in (Fraction(131, 100), Fraction(-137, 100)):
            at = size * stretch
            yield {name: mpmath.mpf(at.numerator) / at.denominator + step for step, name in enumerate(names)}


def _is_bent(node: Node) -> bool:
    """Whether it may go one way here and another there."""
    return any(
        (each.head == "call" and each.value in _BENT) or (each.head == "root" and bool(_free(each.parts[0])))
        for each in walk(node)
    )


def _has_root(node: Node) -> bool:
    """Whether it has a root of variables."""
    return any(
        each.head in ("root", "power") and bool(_free(each.parts[0])) and _is_broken(each) for each in walk(node)
    )


def _is_broken(power: Node) -> bool:
    exponent = _rational(power.parts[1])
    return exponent is not None and (power.head == "root" or exponent.denominator > 1)


def _has_size(node: Node) -> bool:
    """Whether it has an absolute value."""
    return any(each.head == "call" and each.value in ("abs", "norm") for each in walk(node))


def _drawn(source: random.Random, low: float, high: float) -> Any:
    value = Fraction(source.uniform(low, high)).limit_denominator(9973)
    with mp.workdps(_HIGH + 10):
        return mpmath.mpf(value.numerator) / value.denominator


def _close_at(one: Node, other: Node, env: Env, tolerance: float, *, first: bool) -> bool | None:
    """Whether both are as good as equal at a point; None if they are not both real, or both complex, there. `first`
    says whether a first look may tell so."""
    try:
        left, right = _at(one, env, _LOW), _at(other, env, _LOW)
        if (mpmath.im(left) != 0) != (mpmath.im(right) != 0) and not _nearly_real(left, right):
            return None
        if mpmath.isinf(left) or mpmath.isinf(right):
            return bool(left == right)
        if first and _is_close(left, right, tolerance or 1e-20):
            return True
        with mp.workdps(_HIGH):
            apart = abs(left - right)
            high_left, high_right = _at(one, env, _HIGH), _at(other, env, _HIGH)
            again, largest = abs(high_left - high_right), max(abs(high_left), abs(high_right))
        return bool(again <= apart * mpmath.mpf(10) ** -30 or again <= largest * mpmath.mpf(10) ** (15 - _HIGH))
    except _NoValue:
        return None


def _has_extremes(node: Node) -> bool:
    """Whether there may be numbers in it of which one vanishes beside another."""
    return any(map(_is_extreme, walk(node)))


def _is_extreme(node: Node) -> bool:
    if node.head == "power":
        return any(each.head == "number" and abs(each.value) >= _MAGNITUDE for each in walk(node.parts[1]))
    return node.head == "number" and node.value != 0 and not _SMALL <= abs(node.value) <= 1 / _SMALL


def _nearly_real(left: Any, right: Any) -> bool:
    """Whether what makes one complex is but rounding."""
    return all(abs(mpmath.im(each)) <= abs(each) * mpmath.mpf(10) ** -20 for each in (left, right))


def _is_close(left: Any, right: Any, tolerance: float) -> bool:
    if left == right:
        return True
    if mpmath.isinf(left) or mpmath.isinf(right):
        return False
    return bool(abs(left - right) <= tolerance * max(abs(left), abs(right)))


def _same_constant(one: Node, other: Node, tolerance: float) -> bool:
    try:
        left, right = _at(one, {}, _LOW), _at(other, {}, _LOW)
        if tolerance and _is_close(left, right, tolerance):
            return True
        if not _is_close(left, right, 1e-15) and max(abs(left), abs(right)) > mpmath.mpf(10) ** -12:
            return False
        high_left, high_right = _at(one, {}, _HIGH), _at(other, {}, _HIGH)
    except _NoValue as err:
        raise Undecided(f"a value is not to be had: {err}") from None
    with mp.workdps(_HIGH):
        first, again = abs(left - right), abs(high_left - high_right)
        largest = max(abs(high_left), abs(high_right))
        same = high_left == high_right or again <= largest * mpmath.mpf(10) ** (15 - _HIGH)
        if same and _is_huge(one, other):
            raise Undecided("the numbers are too large to be compared to the last digit")
        return bool(same or again <= first * mpmath.mpf(10) ** (_LOW + 15 - _HIGH))


def _is_huge(one: Node, other: Node) -> bool:
    """Whether both are exact numbers beyond what exact arithmetic works out."""
    for node in (one, other):
        try:
            exact(node)
        except TooLarge:
            return True
        except Undefined:
            return False
    return False


def _vanishes_with(one: Node, other: Node, names: Sequence[str]) -> bool:
    """Whether the second is zero wherever the first is, as far as such points are found."""
    found = 0
    for env in _points(names):
        # An equation may have solutions on either side of zero.
        for name, sign in product(names, (1, -1)):
            root = _root_of(one, env, name, sign * env[name])
            if root is None:
                continue
            try:
                there = _at(other, {**env, name: root}, _LOW)
                beside = _at(other, {**env, name: root + mpmath.mpf("0.01")}, _LOW)
            except _NoValue:
                continue
            if abs(there) > mpmath.mpf(10) ** -10 * max(abs(beside), mpmath.mpf(10) ** -6):
                return False
            found += 1
        if found >= _ENOUGH:
            break
    return found >= _FEWEST


def _root_of(node: Node, env: Env, name: str, start: Any) -> Any:
    """A value of the variable for which the tree is zero; None if none is found."""
    try:
        with mp.workdps(_LOW):
            return mpmath.findroot(lambda value: _at(node, {**env, name: value}, _LOW), start, maxsteps=40)
    except (ValueError, ZeroDivisionError, _NoValue, TypeError, OverflowError):
        return None


def _zeros(node: Node, name: str) -> Iterator[Any]:
    """Between points of a grid, close together near zero and far apart beyond."""
    with mp.workdps(_PLACES + 10):
        near = [mpmath.mpf(step) / 8 + mpmath.mpf(1) / 97 for step in range(-100, 101)]
        far = [mpmath.mpf(10) ** (mpmath.mpf(step) / 4) for step in range(5, 37)]
        grid = [*(-each for each in reversed(far)), *near, *far]
        with mp.workdps(_LOW):
            values = [_real_at(node, {name: each}) for each in grid]
        crossed, touched = list[tuple[Any, Any]](), list[tuple[Any, Any]]()
        for at in range(1, len(grid) - 1):
            left, middle, right = values[at - 1 : at + 2]
            if left is None or middle is None or right is None:
                continue
            if left * middle < 0:
                crossed.append((grid[at - 1], grid[at]))
            elif middle * right >= 0 and abs(middle) <= min(abs(left), abs(right)):
                touched.append((grid[at - 1], grid[at + 1]))
        for refined, brackets in ((_crossing, crossed), (_closest, touched)):
            for low, high in sorted(brackets, key=lambda each: abs(each[0]))[:_MOST_ZEROS]:
                yield refined(node, name, low, high)


def _real_at(node: Node, env: Env) -> Any:
    """The value, if it is a real one."""
    try:
        value = _value(node, env)
    except (_NoValue, Undecided, ZeroDivisionError, ValueError, TypeError, OverflowError, ArithmeticError):
        return None
    return mpmath.re(value) if mpmath.im(value) == 0 and mpmath.isfinite(value) else None


def _crossing(node: Node, name: str, low: Any, high: Any) -> Any:
    """Where the sign changes."""
    try:
        return mpmath.findroot(
            lambda at: _value(node, {name: at}), (low, high), solver="illinois", maxsteps=_STEPS, verify=False
        )
    except (_NoValue, Undecided, ZeroDivisionError, ValueError, TypeError, OverflowError, ArithmeticError):
        return (low + high) / 2


def _closest(node: Node, name: str, low: Any, high: Any) -> Any:
    """Where it comes closest to zero."""
    for _ in range(_THIRDS):
        one, other = low + (high - low) / 3, high - (high - low) / 3
        left, right = _real_at(node, {name: one}), _real_at(node, {name: other})
        if left is None or right is None:
            break
        low, high = (low, other) if abs(left) <= abs(right) else (one, high)
    return (low + high) / 2


# Values


def _at(node: Node, env: Env, digits: int) -> Any:
    """The value of the tree, to so many digits; _NoValue if it has none."""
    with mp.workdps(digits):
        try:
            value = _value(node, env)
        except (ZeroDivisionError, ValueError, TypeError, OverflowError, ArithmeticError) as err:
            raise _NoValue(str(err) or type(err).__name__) from None
        if mpmath.isnan(value):
            raise _NoValue("it is not defined")
        return value


def _value(node: Node, env: Env) -> Any:  # noqa: C901, PLR0912 - one line a head
    match node.head:
        case "number":
            return mpmath.mpf(node.value.numerator) / node.value.denominator
        case "symbol":
            return _symbol(str(node.value), env)
        case "series" | "integral" | "antiderivative" | "limit":
            return _by_sympy(node, env)
        case "quantity" if node.value == "percent":
            return _value(node.parts[0], env) / 100
        case "quantity" if read_unit(str(node.value)).names in _ANGLES:
            return _value(node.parts[0], env) * _ANGLES[read_unit(str(node.value)).names]()
        case "call" if str(node.value) == "det" and node.parts[0].head == "matrix":
            return _determinant(node.parts[0], env)
    if node.head == "quantity":
        raise Undecided(f"a unit ({node.value}) stands within an expression")
    if node.head not in _ARITHMETIC:
        raise Undecided(f"{with_article(node.head)} is no part of an expression")
    values = [_value(part, env) for part in node.parts]
    match node.head:
        case "sum":
            return mpmath.fsum(values)
        case "negative":
            return -values[0]
        case "product":
            return mpmath.fprod(values)
        case "quotient":
            return values[0] / values[1]
        case "power":
            return _power(values[0], values[1], _rational(node.parts[1]))
        case "root":
            index = _rational(node.parts[1])
            return _power(values[0], 1 / values[1], None if not index else 1 / index)
    return _called(str(node.value), values)


_ANGLES: dict[tuple[tuple[str, int], ...], Callable[[], Any]] = {
    (("degree", 1),): lambda: mpmath.pi() / 180,
    (("radian", 1),): lambda: mpmath.mpf(1),
}
_ARITHMETIC = frozenset(("sum", "negative", "product", "quotient", "power", "root", "call"))


def _rational(node: Node) -> Fraction | None:
    try:
        return exact(node)
    except (TooLarge, Undefined):
        return None


def _symbol(name: str, env: Env) -> Any:
    match name:
        case _ if name in env:
            return env[name]
        case "pi":
            return mpmath.pi()
        case "e":
            return mpmath.e()
        case "i":
            return mpmath.mpc(0, 1)
        case "infty":
            return mpmath.inf
    raise Undecided(f"{name} has no value")


def _power(base: Any, exponent: Any, rational: Fraction | None) -> Any:
    """The power; odd roots of negative numbers are real ones."""
    if base == 0 and mpmath.re(exponent) <= 0:
        raise ZeroDivisionError("zero to the power of zero or less")
    if (
        base != 0
        and mpmath.isfinite(base)
        and abs(mpmath.mag(base)) > 1
        and mpmath.isfinite(exponent)
        and abs(exponent) * abs(mpmath.mag(base)) > _EXPONENT
    ):
        raise Undecided("a power is too large to be worked out")
    if rational is not None and rational.denominator % 2 and mpmath.im(base) == 0 and mpmath.re(base) < 0:
        if rational.denominator == 1:
            return mpmath.power(base, int(rational))
        size = mpmath.power(-base, exponent)
        return -size if rational.numerator % 2 else size
    return mpmath.power(base, exponent)


def _remainder(of: Any, by: Any) -> Any:
    """What is left; of a number with more digits than are worked with, nobody knows."""
    if abs(mpmath.mag(of)) > mp.prec // 2:
        raise Undecided("the remainder of so large a number is not worked out")
    return of - by * mpmath.floor(of / by)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "cot": mpmath.cot, "sec": mpmath.sec, "csc": mpmath.csc,
    "sinh": mpmath.sinh, "cosh": mpmath.cosh, "tanh": mpmath.tanh, "coth": mpmath.coth, "sech": mpmath.sech,
    "csch": mpmath.csch, "arcsin": mpmath.asin, "arccos": mpmath.acos, "arctan": mpmath.atan, "arccot": mpmath.acot,
    "arcsec": mpmath.asec, "arccsc": mpmath.acsc, "arcsinh": mpmath.asinh, "arccosh": mpmath.acosh,
    "arctanh": mpmath.atanh, "ln": mpmath.log, "exp": mpmath.exp, "abs": abs, "norm": abs, "Re": mpmath.re,
    "Im": mpmath.im, "arg": mpmath.arg, "erf": mpmath.erf, "sign": mpmath.sign, "floor": mpmath.floor,
    "ceil": mpmath.ceil, "max": max, "min": min, "Gamma": mpmath.gamma, "factorial": mpmath.factorial,
    "binomial": mpmath.binomial, "double factorial": mpmath.fac2, "mod": _remainder,
    "permutations": lambda n, k: mpmath.factorial(n) / mpmath.factorial(n - k),
}  # fmt: skip


def _called(name: str, values: list[Any]) -> Any:
    if name.startswith("f:"):
        return _opaque(name, values)
    if name in {"factorial", "Gamma", "binomial", "double factorial"} and any(
        abs(mpmath.mag(value)) > 80 for value in values
    ):
        raise Undecided("a factorial is too large to be worked out")
    if name not in _FUNCTIONS:
        raise Undecided(f"{name} is no function that we can work out")
    return _FUNCTIONS[name](*values)


def _opaque(name: str, values: list[Any]) -> Any:
    """Some value for a function that nobody knows: always the same for the same function and arguments."""
    spelt = ",".join(mpmath.nstr(mpmath.mpmathify(value), 12) for value in values)
    digest = hashlib.sha256(f"{name}({spelt})".encode()).digest()
    return mpmath.mpf(int.from_bytes(digest[:8])) / (1 << 62) + mpmath.mpf("0.25")


def _determinant(matrix: Node, env: Env) -> Any:
    rows, columns = matrix.value
    if rows != columns or rows > 12:
        raise Undecided("there is no determinant of that")
    cells = [_value(part, env) for part in matrix.parts]
    return mpmath.det(mpmath.matrix([cells[at * columns : (at + 1) * columns] for at in range(rows)]))


# Sympy


def _by_sympy(node: Node, env: Env) -> Any:
    """A sum, an integral or a limit, in closed form if there is one."""
    closed = _closed(node)
    points = {
        sympy.Symbol(name, real=True): sympy.Float(str(value), mp.dps + 5)
        for name, value in env.items()
        if mpmath.im(value) == 0
    }
    value = closed.evalf(mp.dps, subs=points)
    if value.free_symbols or value.has(sympy.Integral, sympy.Limit) or value is sympy.nan:
        raise Undecided("there is no closed form of it that we can find")
    if value in {sympy.oo, -sympy.oo, sympy.zoo}:
        return mpmath.inf if value == sympy.oo else -mpmath.inf
    if not value.is_number or not (
        value.is_Float or value.is_Integer or value.is_Rational or value.is_Add or value.is_Mul
    ):
        raise Undecided("there is no value of it that we can find")
    real, imaginary = value.as_real_imag()
    whole = mpmath.mpf(str(real)), mpmath.mpf(str(imaginary))
    return whole[0] if whole[1] == 0 else mpmath.mpc(*whole)


_known: dict[Node, Any] = {}
"""Closed forms that were found for the pair at hand."""


def forget() -> None:
    """A new pair begins."""
    _known.clear()


def _closed(node: Node) -> Any:
    if node not in _known:
        try:
            _known[node] = _sympified(node).doit()
        except (NotImplementedError, TypeError, ValueError, AttributeError) as err:
            raise Undecided(f"sympy finds no closed form: {type(err).__name__}") from None
    return _known[node]


def _simplifies(one: Node, other: Node) -> bool:
    """Whether sympy makes nothing of the difference; where it does not, nobody knows."""
    try:
        rest = sympy.simplify((_sympified(one) - _sympified(other)).doit())
    except (NotImplementedError, TypeError, ValueError, AttributeError) as err:
        raise Undecided(f"sympy cannot simplify the difference: {type(err).__name__}") from None
    if rest == 0:
        return True
    if rest.is_number:
        return False
    raise Undecided("there are no points at which both have a value")


def _sympified(node: Node) -> Any:  # noqa: C901, PLR0912 - one line a head
    parts = [_sympified(part) for part in node.parts] if node.head != "call" else []
    match node.head:
        case "number":
            return sympy.Rational(node.value.numerator, node.value.denominator)
        case "symbol":
            named = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "infty": sympy.oo}
            return named.get(str(node.value)) or sympy.Symbol(str(node.value), real=True)
        case "sum":
            return sympy.Add(*parts)
        case "negative":
            return -parts[0]
        case "product":
            return sympy.Mul(*parts)
        case "quotient":
            return parts[0] / parts[1]
        case "power":
            return parts[0] ** parts[1]
        case "root":
            return sympy.real_root(parts[0], parts[1]) if parts[1].is_odd else parts[0] ** (1 / parts[1])
        case "series":
            body, index, low, high = parts
            return (sympy.Product if node.value == "prod" else sympy.Sum)(body, (index, low, high))
        case "integral":
            body, variable, low, high = parts
            return sympy.Integral(body, (variable, low, high))
        case "antiderivative":
            return sympy.Integral(*parts)
        case "limit":
            body, variable, place = parts
            return sympy.Limit(body, variable, place, "+-" if place.is_finite else "-" if place == sympy.oo else "+")
        case "call":
            return _sympy_call(node)
    raise Undecided(f"{with_article(node.head)} is no part of an expression")


_SAME = (
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "sinh",
    "cosh",
    "tanh",
    "coth",
    "sech",
    "csch",
    "exp",
    "arg",
    "erf",
    "sign",
    "floor",
    "factorial",
    "binomial",
)
"""Functions that sympy calls as we do."""
_SYMPY = {
    "ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "arccot": "acot", "arcsec": "asec", "arccsc": "acsc",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "abs": "Abs", "Re": "re", "Im": "im", "ceil": "ceiling",
    "Gamma": "gamma", "max": "Max", "min": "Min", "mod": "Mod", "double factorial": "factorial2",
    **{name: name for name in _SAME},
}  # fmt: skip


def _sympy_call(node: Node) -> Any:
    name = str(node.value)
    if name.startswith("f:"):
        return sympy.Function(name[2:])(*map(_sympified, node.parts))
    if name not in _SYMPY:
        raise Undecided(f"{name} is no function that we can work out")
    return getattr(sympy, _SYMPY[name])(*map(_sympified, node.parts))
