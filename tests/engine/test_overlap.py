"""None that is near is missed, and what is in common is found word for word."""

from hypothesis import given
from hypothesis import strategies as st

from benchbook.engine.overlap import Near, Stretches, Texts, grams, words

_TEXT = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "1", "2"]), max_size=30).map(" ".join)


def jaccard(one: str, other: str, size: int) -> float:
    sets = [set(grams(words(text), min(size, len(words(text))))) for text in (one, other)]
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


@given(st.lists(_TEXT, max_size=12), _TEXT, st.sampled_from([0.3, 0.5, 0.6, 0.8, 1.0]), st.integers(1, 4))
def test_whatever_is_near_is_found(before: list[str], text: str, threshold: float, size: int) -> None:
    texts = Texts(threshold, size)
    for one in before:
        texts.add(one)
    similar = [(place, jaccard(one, text, size)) for place, one in enumerate(before)]
    assert texts.near(text) == [Near(place, share) for place, share in similar if share >= threshold]


def test_a_text_is_admitted_unless_one_is_near() -> None:
    texts = Texts(0.6, 2)
    assert texts.admit("The quick brown fox jumps over the dog.") is None
    near = texts.admit("the QUICK brown fox jumps over the cat")
    assert near is not None
    assert (near.place, round(near.similarity, 2)) == (0, 0.75)
    assert texts.admit("Something else is said here altogether.") is None
    assert texts.nearest("The quick brown fox jumps over the cat") == near


def test_stretches_are_found_in_part() -> None:
    text = "alpha beta gamma delta epsilon zeta eta theta"
    stretches = Stretches([text, "nothing of this is anywhere else to be seen"], size=4)
    stretches.look_into("Long before: GAMMA, delta; epsilon (zeta)!", 0)
    shared, nothing = stretches.shared()
    assert shared is not None
    assert (shared.example, shared.place, shared.share) == ("gamma delta epsilon zeta", 0, 1 / 5)
    assert nothing is None


def test_short_texts_are_one_stretch_and_shorter_ones_none() -> None:
    stretches = Stretches(["one two three four five six", "one two three"], size=13, least=6)
    stretches.look_into("zero one two three four five six seven", 0)
    whole, short = stretches.shared()
    assert whole is not None
    assert whole.share == 1.0
    assert short is None


def test_phrases_that_everybody_uses_do_not_count() -> None:
    stretches = Stretches(["answer the following question in one word please"], size=4, common=2)
    for place in range(3):
        stretches.look_into("Answer the following question. And so on.", place)
    assert stretches.shared() == [None]
