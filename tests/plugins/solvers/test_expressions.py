"""Users' regular expressions find what Python's `re` finds, and give up where that would not."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchbook import BenchbookError, SpecError
from benchbook.plugins.solvers.expressions import Expression

LETTERS = st.sampled_from("ab. ^${}é")
ATOMS = LETTERS | st.sampled_from(
    [r"\d", r"\w", r"\s", r"\b", "[a-c]", "[^ab]", "[{x]", r"\{", "{e}", "{i<=1}", "{1e}"]
)
COUNTS = st.sampled_from(["", "", "", "*", "+?", "?", "{2}", "{1,3}", "{,2}", "*+"])
PATTERNS = st.recursive(
    st.builds("{}{}".format, ATOMS, COUNTS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.builds("({}|{})".format, inner, inner),
        st.builds("(?:{}){}".format, inner, st.sampled_from(["", "?", "{2}"])),
        st.builds("(?={})".format, inner),
    ),
    max_leaves=5,
)


def _is_python(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


@given(PATTERNS.filter(_is_python), st.text("abcex1 {}<=é\n", max_size=12))
def test_what_is_found_is_what_python_finds(pattern: str, text: str) -> None:
    expression = Expression(pattern)
    found = [(match.span(), match.groups()) for match in expression.matches(text)]
    assert found == [(match.span(), match.groups()) for match in re.finditer(pattern, text)]
    assert expression.without(text) == re.sub(pattern, "", text)
    assert expression.groups == re.compile(pattern).groups


def test_words_are_those_of_unicode() -> None:
    # Python's finds no word here: it takes the vowel signs for something between words.
    assert [match[1] for match in Expression(r"(\w+)।").matches("उत्तर: दिल्ली।")] == ["दिल्ली"]


@pytest.mark.parametrize("name", [r"\N{EM DASH}", r"x\\{e}", r"\\boxed{(.+)}", "[{][}]"])
def test_braces_are_braces(name: str) -> None:
    text = r"\boxed{1} x\{e} — x\e {}"
    assert [match.span() for match in Expression(name).matches(text)] == [
        match.span() for match in re.finditer(name, text)
    ]


def test_a_search_without_end_is_given_up() -> None:
    endless, text = Expression("(a|aa)+$", seconds=0.2), "a" * 200 + "b"
    for search in (lambda: list(endless.matches(text)), lambda: endless.without(text)):
        with pytest.raises(BenchbookError, match=r"'\(a\|aa\)\+\$' was looked for in one text for 0\.2 s: write it so"):
            search()


@pytest.mark.parametrize(
    "written", ["(", r"\p{L}", "(?|a)", "a{2}{3}", "(?:" * 300 + "a" + ")" * 300, "a{99999999999}"]
)
def test_what_python_does_not_know_is_refused(written: str) -> None:
    with pytest.raises(SpecError, match="is no regular expression") as told:
        Expression(written, "pattern")
    assert told.value.field == ("pattern",)
