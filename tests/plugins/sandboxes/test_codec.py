import enum
import math
from array import array
from collections import Counter, OrderedDict
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchbook.plugins.sandboxes.codec import DEPTH, NotPlain, TooLarge, Undecodable, decode, encode

KEYS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False),
    lambda keys: st.tuples(keys, keys) | st.frozensets(keys, max_size=3),
    max_leaves=5,
)
VALUES = st.recursive(
    KEYS | st.text(st.characters()),
    lambda values: st.lists(values) | st.tuples(values, values) | st.sets(KEYS) | st.dictionaries(KEYS, values),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_plain_values_come_back_as_they_were(value: object) -> None:
    back = decode(encode(value, 1 << 20))
    assert back == value
    # 1 == 1.0 == True, but their spelling differs; the order of a set may.
    if not isinstance(value, set | frozenset | dict):
        assert type(back) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        math.inf,
        -math.inf,
        -0.0,
        1e-320,
        2**63,
        -(2**63) - 1,
        "\ud800",
        "\ud83d\ude00",
        "a\x00b",
        True,
        1j,
        b"\xff",
        (),
    ],
)
def test_odd_values_come_back_to_the_last_bit(value: Any) -> None:
    back = decode(encode(value, 1 << 20))
    assert type(back) is type(value)
    assert back == value
    assert str(back) == str(value) if not isinstance(value, int) else True


def test_a_number_too_long_to_be_written_in_decimal_comes_back() -> None:
    assert decode(encode(-(3**10_000), 1 << 20)) == -(3**10_000)


def test_not_a_number_comes_back_as_one() -> None:
    assert math.isnan(decode(encode(math.nan, 100)))


class Liar(int):
    def __eq__(self, other: object) -> bool:
        return True

    def __pos__(self) -> int:
        return 42

    __hash__ = int.__hash__


class Point(NamedTuple):
    x: int
    y: int


class Colour(enum.IntEnum):
    RED = 3


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Counter("aab"), {"a": 2, "b": 1}),
        (OrderedDict(a=1), {"a": 1}),
        (Point(1, 2), (1, 2)),
        (Colour.RED, 3),
        (Liar(7), 7),
        (type("Text", (str,), {"__str__": lambda self: "lie"})("truth"), "truth"),
        (type("List", (list,), {"__iter__": lambda self: iter([9])})([1]), [1]),
        (type("Dict", (dict,), {"items": lambda self: [(9, 9)]})(a=1), {"a": 1}),
        (type("Float", (float,), {"__float__": lambda self: 9.0})(-0.5), -0.5),
        (type("Bytes", (bytes,), {"__getitem__": lambda self, at: b"lie"})(b"truth"), b"truth"),
    ],
)
def test_a_subclass_becomes_its_base_value_and_has_no_say_in_it(value: object, plain: Any) -> None:
    back = decode(encode(value, 1000))
    assert type(back) is type(plain)
    assert back.__eq__(plain) is True


@pytest.mark.parametrize(
    "value",
    [object(), range(3), iter([]), len, int, [1, {2: bytearray()}], ...],
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_refused_by_the_name_of_its_type(value: object) -> None:
    with pytest.raises(NotPlain, match=r"^\w+ is not plain data$"):
        encode(value, 1000)


def test_of_an_array_it_is_said_what_to_do() -> None:
    with pytest.raises(NotPlain, match=r"^array is not plain data; its `.tolist\(\)` is$"):
        encode(array("d"), 1000)


def test_a_value_that_contains_itself_is_refused() -> None:
    cyclic: list[object] = []
    cyclic.append(cyclic)
    with pytest.raises(NotPlain, match=f"deeper than {DEPTH} levels"):
        encode(cyclic, 1 << 20)


def test_a_value_that_doubles_at_each_level_is_refused_before_it_is_written_out() -> None:
    value: list[object] = []
    for _ in range(50):
        value = [value, value]
    with pytest.raises(TooLarge):
        encode(value, 1 << 20)


@pytest.mark.parametrize("value", ["x" * 200, [0] * 200, b"x" * 60, 1 << 1000, "\u20ac" * 40])
def test_a_value_beyond_the_limit_is_refused(value: object) -> None:
    with pytest.raises(TooLarge):
        encode(value, 100)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"passed",
        b"{}",
        b'{"l":[]}',
        b"[]",
        b"[1]",
        b'["q"]',
        b'["l"',
        b'["i","zz"]',
        b'["i",7]',
        b'["i"]',
        b'["f","1e5"]',
        b'["b","0"]',
        b'["c",1,2]',
        b'["d",1]',
        b'["S",["l"]]',
        b'["d",["l"],1]',
        b"NaN",
        b"1" * 5000,
        b"[" * 100_000,
        b'["l",' * (DEPTH + 1) + b"1" + b"]" * (DEPTH + 1),
        b'"\xff"',
    ],
    ids=lambda data: ascii(data[:20]),
)
def test_bytes_that_nobody_wrote_are_refused(data: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(data)


@pytest.mark.parametrize("kind", ["S", "F"])
def test_keys_that_were_chosen_to_collide_are_refused(kind: str) -> None:
    modulus = (1 << 61) - 1
    numbers = ",".join(f'["i","{hex(modulus * factor)}"]' for factor in range(100, 30_000))
    with pytest.raises(Undecodable, match="equal hash"):
        decode(f'["{kind}",{numbers}]'.encode())
