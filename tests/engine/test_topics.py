"""Texts grouped by what they are about."""

import math
import random

from benchbook.engine.topics import frequent_words, topics, words_of

ABOUT = {
    "invoices": "invoice amount total due payment tax",
    "cooking": "flour butter oven bake sugar spoon",
    "travel": "train ticket platform journey luggage station",
}


def test_texts_about_the_same_come_together_and_are_named_by_it() -> None:
    chance = random.Random(1)
    labels = [chance.choice(list(ABOUT)) for _ in range(300)]
    texts = [words_of(" ".join(chance.sample(ABOUT[label].split(), 4)) + " please tell") for label in labels]
    found = topics(texts, 3)
    groups = {label: {of for of, each in zip(found.of, labels, strict=True) if each == label} for label in ABOUT}
    assert all(len(those) == 1 for those in groups.values())
    for label, [of] in ((label, list(those)) for label, those in groups.items()):
        assert of is not None
        assert set(found.names[of].split()) <= set(ABOUT[label].split())


def test_texts_that_share_no_word_come_together_by_meaning() -> None:
    chance = random.Random(1)
    about = [number % 2 for number in range(40)]
    meanings = [unit([chance.gauss(5 * (1 - its), 1), chance.gauss(5 * its, 1)]) for its in about]
    texts = [words_of(f"{('bread', 'stars')[its]} {chance.choice(('often', 'seldom'))}") for its in about]
    found = topics(texts, 2, seed=3, meanings=meanings)
    groups = {its: {of for of, each in zip(found.of, about, strict=True) if each == its} for its in (0, 1)}
    assert [[found.names[of or 0].split()[0] for of in groups[its]] for its in (0, 1)] == [["bread"], ["stars"]]
    assert topics(texts, 2, seed=3, meanings=meanings) == found


def test_no_two_groups_have_one_name() -> None:
    meanings = [unit([float(number % 2), float(1 - number % 2)]) for number in range(10)]
    found = topics([words_of("")] * 10, 2, meanings=meanings)
    assert sorted(found.names) == ["(no common words)", "(no common words) (2)"]


def unit(vector: list[float]) -> list[float]:
    return [number / math.hypot(*vector) for number in vector]


def test_texts_without_common_words_have_no_group() -> None:
    assert topics([words_of("alpha"), words_of("beta"), words_of("")], 2).of == [None, None, None]
    assert topics([], 3).of == []


def test_words_are_those_that_some_but_not_most_have() -> None:
    texts = [words_of("common rare" if at == 0 else "common often" if at % 3 == 0 else "common") for at in range(30)]
    assert frequent_words(texts) == ["often"]
