"""Slices where values are lower: planted ones are found, and chance is not taken for one."""

import random

import pytest

from benchbook.engine.slicing import Feature, Item, Rules, binned, search

FIELDS = {"tag": 6, "length": 4, "topic": 8, "word": 3}


def items_of(chance: random.Random, n: int, bad: frozenset[Feature] = frozenset()) -> list[Item]:
    """Samples with features by chance; right eight times of ten, or four where all of `bad` meet."""
    found = []
    for at in range(n):
        features = frozenset((field, f"{field}-{chance.randrange(kinds)}") for field, kinds in FIELDS.items())
        rate = 0.4 if bad and bad <= features else 0.8
        found.append(Item(f"k{at}", float(chance.random() < rate), features))
    return found


def test_where_there_is_no_structure_alarms_are_as_rare_as_stated() -> None:
    chance = random.Random(11)
    alarms = sum(any(one.proven for one in search(items_of(chance, 240), Rules(draws=199)).slices) for _ in range(120))
    # 5 % of 120 are 6; 13 or more come by chance once in two hundred times.
    assert alarms <= 12


def test_many_samples_raise_no_more_alarms() -> None:
    chance = random.Random(12)
    alarms = sum(
        any(one.proven for one in search(items_of(chance, 300), Rules(draws=50, permuted=0)).slices) for _ in range(80)
    )
    assert alarms <= 10


def test_a_planted_slice_is_found_and_its_gap_told() -> None:
    chance = random.Random(13)
    held = 0
    for _ in range(10):
        found = search(items_of(chance, 800, frozenset({("tag", "tag-2")}))).slices
        worst = found[0]
        assert (worst.features, worst.proven) == ((("tag", "tag-2"),), True)
        held += worst.low < 0.4 < worst.high
        assert all(key.startswith("k") for key in worst.keys)
        assert worst.n == len(worst.keys)
    assert held >= 8


def test_a_pair_is_found_where_neither_of_its_parts_tells_it() -> None:
    bad = frozenset({("tag", "tag-1"), ("length", "length-3")})
    found = search(items_of(random.Random(14), 3000, bad)).slices
    assert frozenset(found[0].features) == bad
    assert found[0].proven


def passages(chance: random.Random, many: int, bad: str = "") -> list[Item]:
    """Six questions to each passage, which is mostly understood or not as a whole, and is of a topic."""
    found = []
    for passage in range(many):
        topic, own = f"topic-{chance.randrange(6)}", f"word-{chance.randrange(8)}"
        known = chance.random() < (0.15 if topic == bad else 0.6)
        for at in range(6):
            features = frozenset({("topic", topic), ("word", own), ("length", f"length-{chance.randrange(4)}")})
            value = float(known if chance.random() < 0.9 else chance.random() < 0.5)
            found.append(Item(f"{passage}/{at}", value, features, f"passage {passage}"))
    return found


def test_samples_that_hang_together_raise_no_more_alarms() -> None:
    chance = random.Random(16)
    alarms = sum(any(one.proven for one in search(passages(chance, 60), Rules(draws=99)).slices) for _ in range(60))
    # 5 % of 60 are 3; by samples alone it is two thirds of all.
    assert alarms <= 9


def test_a_topic_whose_passages_are_not_understood_is_found() -> None:
    chance = random.Random(17)
    found = [search(passages(chance, 300, "topic-3"), Rules(draws=99)).slices[0] for _ in range(10)]
    assert sum(one.proven and one.features == (("topic", "topic-3"),) for one in found) >= 8
    assert sum(one.low < 0.45 * 0.9 < one.high for one in found) >= 8


def test_equal_items_give_equal_slices() -> None:
    items = items_of(random.Random(15), 300, frozenset({("word", "word-0")}))
    assert search(items) == search(items)
    assert search([]).slices == []
    assert search([Item(str(at), 1.0, frozenset({("a", "b")})) for at in range(50)], Rules(least=4)).slices == []


def test_normal_draws_and_permutations_agree() -> None:
    items = items_of(random.Random(16), 1000, frozenset({("tag", "tag-2")}))
    weak = [item._replace(value=item.value if at % 3 else 1.0) for at, item in enumerate(items)]
    permuted = {one.features: one.p for one in search(weak).slices}
    drawn = {one.features: one.p for one in search(weak, Rules(permuted=0)).slices}
    assert drawn == pytest.approx(permuted, abs=0.06)


def test_numbers_fall_into_parts_of_about_equal_size() -> None:
    found = binned("length", {str(at): float(at) for at in range(100)})
    sizes = [list(found.values()).count(part) for part in set(found.values())]
    assert sizes == [25] * 4
    assert found["0"] == ("length", "< 25")
    assert binned("length", {"a": 1.0, "b": 1.0}) == {}
    assert binned("length", {}) == {}


def test_numbers_whose_first_digits_are_alike_fall_into_parts_of_their_own() -> None:
    found = binned("time", {str(at): 1_700_000_000.0 + at for at in range(100)})
    assert len({what for _, what in found.values()}) == 4
    assert found["99"] == ("time", "≥ 1700000075")
