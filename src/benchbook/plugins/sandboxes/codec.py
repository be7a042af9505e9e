"""Plain values as bytes, and back: what passes between the host, a program and its tests.

The wire is JSON without objects. None, bool, float, int and str stand for themselves where JSON can hold them; anything
else is a list whose first item names the kind. The reader accepts exactly that and builds only built-in types, so bytes
from a hostile process can be read safely. The standard library suffices: the file is also used inside the sandbox.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

DEPTH = 64
"""Levels of nesting."""
_SAME_HASH = (100, 8, 1)
"""Keys of equal hash in one set or dict, in one that is within a key, and deeper: more of them make tables so slow that
it is an attack. What is within a key is compared again for each comparison of the key."""
_INT64 = 1 << 63


class NotPlain(TypeError):
    """The value, or something in it, is of a type that does not cross; None for one that is nested too deeply."""

    def __init__(self, text: str, kind: type | None = None) -> None:
        super().__init__(text)
        self.kind = kind


class TooLarge(ValueError):
    """The value needs more bytes than allowed."""


class Undecodable(ValueError):
    """The bytes are not what `encode` writes."""


def encode(value: object, limit: int) -> bytes:
    """The bytes of a plain value, at most `limit` of them."""
    data = _TO_JSON.encode(_Writer(limit).wire(value, DEPTH)).encode("ascii")
    if len(data) > limit:
        raise TooLarge(f"the value takes more than {limit} bytes")
    return data


def decode(data: bytes) -> Any:
    """The value that `encode` wrote."""
    try:
        return _read(_FROM_JSON.decode(data.decode("ascii")), DEPTH)
    # A list as a key is a TypeError, an integer of a million digits a ValueError, `[[[[…` a RecursionError.
    except (ValueError, TypeError, RecursionError, OverflowError) as err:
        raise Undecodable(f"not plain data: {err}"[:200]) from None


class _Writer:
    """Turns values into what JSON can hold, and stops when the budget of bytes is certainly exceeded."""

    def __init__(self, budget: int) -> None:
        self.budget = budget

    def wire(self, value: Any, depth: int) -> Any:
        kind = _base(type(value))
        if depth == 0:
            raise NotPlain(f"a value nested deeper than {DEPTH} levels is not plain data")
        # What an item takes at the least, `0,` or `[""],`.
        self.spend(5 if kind in _CONTAINERS else 2)
        if kind is None or kind is bool:
            return value
        if kind in _ATOMS:
            # The base type's own slot: a subclass has no say in what its value is.
            return self.atom(kind, _ATOMS[kind](value))
        if kind is dict:
            return ["d", *(self.wire(part, depth - 1) for pair in dict.items(value) for part in pair)]
        return [_TAGS[kind], *(self.wire(item, depth - 1) for item in _ITEMS[kind](value))]

    def atom(self, kind: type, value: Any) -> Any:
        if kind is str:
            return self.text(value)
        if kind is bytes:
            self.spend(2 * len(value))
            return ["b", value.hex()]
        if kind is complex:
            return ["c", self.real(value.real), self.real(value.imag)]
        return self.whole(value) if kind is int else self.real(value)

    def text(self, value: str) -> Any:
        self.spend(len(value))
        if value.isascii() or not any("\ud800" <= char <= "\udfff" for char in value):
            return value
        # JSON would join two lone surrogates into one character.
        return ["s", value.encode("utf-8", "surrogatepass").hex()]

    def whole(self, value: int) -> Any:
        self.spend(value.bit_length() // 4)
        return value if -_INT64 <= value < _INT64 else ["i", hex(value)]

    def real(self, value: float) -> Any:
        return value if value - value == 0 else ["f", repr(value)]

    def spend(self, size: int) -> None:
        self.budget -= size
        if self.budget < 0:
            raise TooLarge("the value takes more bytes than allowed")


def _base(kind: type) -> type | None:
    """The built-in type that `kind` is or extends; None for NoneType."""
    if kind is type(None):
        return None
    if kind in _EXACT:
        return kind
    for base in _BASES:
        if issubclass(kind, base):
            return base
    way_out = "; its `.tolist()` is" if any("tolist" in vars(base) for base in kind.__mro__) else ""
    raise NotPlain(f"{kind.__name__} is not plain data{way_out}", kind)


_ATOMS: dict[type, Callable[[Any], Any]] = {
    int: int.__pos__,
    float: float.__pos__,
    complex: complex.__pos__,
    str: str.__str__,
    bytes: lambda value: bytes.__getitem__(value, slice(None)),
}
_ITEMS: dict[type, Callable[[Any], Iterator[Any]]] = {
    list: list.__iter__,
    tuple: tuple.__iter__,
    set: set.__iter__,
    frozenset: frozenset.__iter__,
}
_TAGS: dict[type, str] = {list: "l", tuple: "t", set: "S", frozenset: "F"}
_BASES: tuple[type, ...] = (bool, *_ATOMS, *_ITEMS, dict)
_EXACT = frozenset(_BASES)
_CONTAINERS = frozenset({*_ITEMS, dict})


def _read(wire: Any, depth: int, within: int = 0) -> Any:
    """The value; `within` is how many sets or keys of dicts it is a part of."""
    if type(wire) in {bool, int, float, str, type(None)}:
        return wire
    if type(wire) is not list or not wire or type(wire[0]) is not str or depth == 0:
        raise Undecodable("no such value")
    tag, *parts = wire
    if tag in _SPELT:
        [text] = parts
        return _SPELT[tag](text)
    return _built(
        tag, [_read(part, depth - 1, within + _is_key(tag, place)) for place, part in enumerate(parts)], within
    )


def _is_key(tag: str, place: int) -> bool:
    """Whether what is in this place is looked up by its hash."""
    return tag in {"S", "F"} or (tag == "d" and place % 2 == 0)


def _built(tag: str, items: list[Any], within: int) -> Any:
    if tag == "l":
        return items
    if tag == "t":
        return tuple(items)
    if tag == "S":
        return set(_spread(items, within))
    if tag == "F":
        return frozenset(_spread(items, within))
    if tag == "d" and len(items) % 2 == 0:
        return dict(zip(_spread(items[::2], within), items[1::2], strict=True))
    if tag == "c" and [type(item) for item in items] == [float, float]:
        return complex(*items)
    raise Undecodable("no such kind")


_SPELT: dict[str, Callable[[str], Any]] = {
    "i": lambda text: int(text, 16),
    "f": lambda text: {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}.get(text) or _refuse(text),
    "b": bytes.fromhex,
    "s": lambda text: bytes.fromhex(text).decode("utf-8", "surrogatepass"),
}


def _spread(keys: list[Any], within: int) -> Iterable[Any]:
    """The keys, unless they were chosen to make a hash table slow."""
    most = _SAME_HASH[min(within, 2)]
    if len(keys) > most and len(keys) - len({hash(key) for key in keys}) > most:
        raise Undecodable("too many keys of equal hash")
    return keys


def _refuse(text: str) -> NoReturn:
    raise Undecodable(f"no such number: {text}")


_TO_JSON = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_FROM_JSON = json.JSONDecoder(parse_constant=_refuse)
