"""Vectors that are written as sums: `3i - 2j + k`."""

from benchbook.engine.answers.tree import Node, number, walk

__all__ = ["components"]

_MARKS = frozenset(("hat", "widehat", "vec", "overrightarrow", "bar"))
_HATS = frozenset(("hat", "widehat"))
_PLACES = {"i": 0, "j": 1, "k": 2, "x": 0, "y": 1, "z": 2}
_TWO, _THREE = 2, 3


def components(node: Node, length: int) -> Node | None:
    """The vector that is a sum of multiples of i, j and k; None if this is no such sum, or the vector is longer."""
    if length not in {_TWO, _THREE}:
        return None
    terms = [_term(term) for term in _multiplied_out(node)]
    known = [term for term in terms if term is not None]
    if len(known) != len(terms):
        return None
    places = {place for place, _, _ in known}
    if (len(places) < _TWO and not any(marked for _, _, marked in known)) or max(places) >= length:
        return None
    return Node("vector", tuple(_added([factor for at, factor, _ in known if at == place]) for place in range(length)))


def _multiplied_out(node: Node) -> tuple[Node, ...]:
    """The terms of a sum, with a factor before its bracket in each of them."""
    if node.head == "sum":
        return node.parts
    sums = [part for part in node.parts if part.head == "sum" and _has_basis(part)]
    if len(sums) != 1 or node.head not in {"product", "quotient", "negative"}:
        return (node,)
    at = node.parts.index(sums[0])
    return tuple(Node(node.head, (*node.parts[:at], term, *node.parts[at + 1 :])) for term in sums[0].parts)


def _term(node: Node) -> tuple[int, Node, bool] | None:
    """Where in the vector a term stands, its factor, and whether a mark says that it is a vector."""
    match node.head:
        case "symbol":
            mark, _, axis = str(node.value).rpartition(" ")
            return (_PLACES[axis], number(1), bool(mark)) if _is_basis(node) else None
        case "negative":
            inner = _term(node.parts[0])
            return None if inner is None else (inner[0], Node("negative", (inner[1],)), inner[2])
        case "quotient":
            above = _term(node.parts[0])
            if above is None or _has_basis(node.parts[1]):
                return None
            return above[0], Node("quotient", (above[1], node.parts[1])), above[2]
        case "product":
            return _factors(node.parts)
    return None


def _factors(parts: tuple[Node, ...]) -> tuple[int, Node, bool] | None:
    bases = [at for at, part in enumerate(parts) if _has_basis(part)]
    if len(bases) != 1 or (inner := _term(parts[bases[0]])) is None:
        return None
    rest = (*parts[: bases[0]], *parts[bases[0] + 1 :], inner[1])
    return inner[0], Node("product", rest), inner[2]


def _has_basis(node: Node) -> bool:
    return any(map(_is_basis, walk(node)))


def _is_basis(node: Node) -> bool:
    """Whether this is a unit vector: i, j or k, with or without a mark, or x, y or z with a hat."""
    mark, _, axis = str(node.value).rpartition(" ")
    if node.head != "symbol" or axis not in _PLACES:
        return False
    return mark in _HATS or (axis in "ijk" and (not mark or mark in _MARKS))


def _added(factors: list[Node]) -> Node:
    if not factors:
        return number(0)
    return factors[0] if len(factors) == 1 else Node("sum", tuple(factors))
