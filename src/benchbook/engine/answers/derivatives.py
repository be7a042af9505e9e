"""Derivatives: a d above and a d below are no factors that cancel each other out."""

from benchbook.engine.answers.tree import Node, TooMuch, symbol

__all__ = ["differentiates", "quotient"]

_DIFFERENTIALS = {"d": "d", "partial": "∂"}


def quotient(above: Node, below: Node) -> Node:
    """The quotient of two formulas. The derivative of a variable is a variable by another name; TooMuch for one that
    would have to be worked out."""
    sign, by = _differential(below)
    factors, at = _place(above, sign)
    if not by or at is None:
        return Node("quotient", (above, below))
    order, of = _name(factors[at]), factors[at + 1 :]
    if len(of) != 1 or of[0].head != "symbol":
        raise TooMuch("a derivative is not worked out")
    derivative = symbol(f"{order}{of[0].value}/{by}")
    return Node("product", (*factors[:at], derivative)) if at else derivative


def differentiates(sign: str, above: Node) -> bool:
    """Whether the sign is one of differentiation, and stands above the line."""
    return sign in _DIFFERENTIALS and _place(above, sign)[1] is not None


def _differential(below: Node) -> tuple[str, str]:
    """The sign of the differentials that are divided by, and their names; empty if it is anything else."""
    if below.head != "product" or below.parts[0].head != "symbol":
        return "", ""
    sign = str(below.parts[0].value)
    names = [_name(part) for part in below.parts]
    if sign not in _DIFFERENTIALS or (sign == "d" and len(names) != 2) or "" in names:
        return "", ""
    return sign, "".join(names)


def _place(above: Node, sign: str) -> tuple[tuple[Node, ...], int | None]:
    """The factors, and which of them is the sign; not the last of several, which is a variable of that name."""
    factors = above.parts if above.head == "product" else (above,)
    signs = [at for at, factor in enumerate(factors) if _base(factor) == sign]
    return factors, signs[0] if signs and (len(factors) == 1 or signs[0] < len(factors) - 1) else None


def _name(node: Node) -> str:
    """A variable and its power, as in `t^2`; empty if it is anything else."""
    base = _base(node)
    name = _DIFFERENTIALS.get(base, base)
    return f"{name}^{node.parts[1].value}" if node.head == "power" and name else name


def _base(node: Node) -> str:
    match node:
        case Node("symbol", _, name):
            return str(name)
        case Node("power", (Node("symbol", _, name), Node("number"))):
            return str(name)
    return ""
