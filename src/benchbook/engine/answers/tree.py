"""What an answer says, as a tree."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

__all__ = ["Node", "TooMuch", "Unreadable", "deeper_than", "number", "symbol", "text_node", "walk"]


class Unreadable(Exception):
    """The text is no formula."""


class TooMuch(Unreadable):
    """It may be a formula, but more of one than is read."""


@dataclass(frozen=True, slots=True)
class Node:
    """One thing: `head` says what it is, `parts` what it is made of, `value` what is not a tree itself."""

    head: str
    parts: tuple["Node", ...] = ()
    value: Any = None


def number(value: int | Fraction) -> Node:
    """An exact number."""
    return Node("number", (), Fraction(value))


def symbol(name: str) -> Node:
    """A variable or a constant by name."""
    return Node("symbol", (), name)


def text_node(text: str) -> Node:
    """Words."""
    return Node("text", (), text)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.parts)


def deeper_than(node: Node, levels: int) -> bool:
    """Whether something lies more levels below the node."""
    layer = [node]
    for _ in range(levels):
        layer = [part for each in layer for part in each.parts]
        if not layer:
            return False
    return True
