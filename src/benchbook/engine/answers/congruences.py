"""What is said to be congruent: `x \\equiv 3 \\pmod 7`, `3 (mod 7)`, `3 mod 7`."""

from typing import NamedTuple

from benchbook.engine.answers.tree import Node

__all__ = ["Congruence", "congruence", "with_moduli"]

_EQUAL = frozenset(("equiv", "="))


class Congruence(NamedTuple):
    """A residue class: what is in it, if that is said, and a value with the modulus."""

    of: Node | None
    value: Node
    modulus: Node


def congruence(node: Node) -> Congruence | None:
    """The congruence that the tree is; None if it is none."""
    last = node.parts[-1] if node.parts else node
    if node.head == "call" and node.value == "mod" and len(node.parts) == len(("value", "modulus")):
        return Congruence(None, *node.parts)
    if node.head != "relation" or not {*node.value} - {"mod"} <= _EQUAL:
        return None
    if node.value[-1] == "mod":
        return Congruence(node.parts[0] if len(node.value) > 1 else None, node.parts[-2], last)
    inner = congruence(last) if last.head == "call" else None
    return None if inner is None else inner._replace(of=node.parts[0])


def with_moduli(node: Node) -> Node:
    """A list whose modulus stands behind the last item, as in `x \\equiv 1, 4 \\pmod 5`, with one behind each."""
    found = congruence(node.parts[-1]) if node.head == "list" else None
    if found is None or any(map(congruence, node.parts[:-1])):
        return node
    first = node.parts[0]
    of, values = (first.parts[0], [first.parts[1]]) if _is_begun(first) else (found.of, [first])
    values += [*node.parts[1:-1], found.value]
    if any(value.head == "relation" for value in values):
        return node
    before, signs = ((), ("mod",)) if of is None else ((of,), ("equiv", "mod"))
    return Node("list", tuple(Node("relation", (*before, value, found.modulus), signs) for value in values), "or")


def _is_begun(node: Node) -> bool:
    return node.head == "relation" and len(node.parts) == len(("name", "value")) and {*node.value} <= _EQUAL
