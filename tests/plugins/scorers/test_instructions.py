"""Each of the 25 kinds of instructions is followed or not, as the original has it, however long the reply."""

from itertools import product
from typing import Any

import pytest

from benchbook import SpecError
from benchbook.plugins.scorers.instructions import KINDS, instruction

pytest.importorskip("langdetect", reason="the extra ifeval is not installed")
pytest.importorskip("nltk", reason="the extra ifeval is not installed")
pytest.importorskip("punkt", reason="the extra ifeval is not installed")

ENGLISH = "The river runs through the old town, and people walk along it every evening."
GERMAN = "Der Fluss läuft durch die alte Stadt, und die Leute gehen jeden Abend daran entlang."
FRENCH = "La rivière traverse la vieille ville et les gens s'y promènent tous les soirs."

CASES: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    (
        "keywords:existence",
        {"keywords": ["cat", "dog"]},
        ["A Cat and a DOG.", "concatenated dogma"],
        ["A cat.", "c at dog"],
    ),
    (
        "keywords:frequency",
        {"keyword": " war ", "frequency": 2, "relation": "at least"},
        ["War and wardens", "warwar"],
        ["war", "wa r"],
    ),
    (
        "keywords:frequency",
        {"keyword": "war", "frequency": 2, "relation": "less than"},
        ["peace", "war"],
        ["war, WAR"],
    ),
    (
        "keywords:forbidden_words",
        {"forbidden_words": ["run", "C++"]},
        ["He runs.", "outrun", "C ++"],
        ["Run!", "they (run)"],
    ),
    (
        "keywords:letter_frequency",
        {"letter": "Q", "let_frequency": 2, "let_relation": "at least"},
        ["Qq", "quite quick"],
        ["quick", "o"],
    ),
    (
        "keywords:letter_frequency",
        {"letter": "!", "let_frequency": 1, "let_relation": "less than"},
        ["No."],
        ["No!"],
    ),
    ("language:response_language", {"language": "de"}, [GERMAN, "12345 …"], [ENGLISH, FRENCH]),
    ("language:response_language", {"language": "fr"}, [FRENCH], [GERMAN]),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "at least"},
        ["One. Two.", "Wow!!!", "Mr. Smith left. He did."],
        ["Mr. Smith of the U.S. left.", "one two\nthree"],
    ),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "less than"},
        ["Dr. No left at 5 p.m. today."],
        ["One. Two.", "Why? Because."],
    ),
    (
        "length_constraints:number_paragraphs",
        {"num_paragraphs": 2},
        ["one\n***\ntwo", "*** one *** two ***", "one***two"],
        ["one", "one\n\ntwo", "one *** *** two", "a***b***c"],
    ),
    (
        "length_constraints:number_words",
        {"num_words": 3, "relation": "at least"},
        ["a b c", "can't stop", "drei Äpfel 3"],
        ["two words", "well-known"],
    ),
    ("length_constraints:number_words", {"num_words": 3, "relation": "less than"}, ["a b", "…"], ["a b c"]),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Send"},
        ["One.\n\nSend it.", "One.\n\n 'send', it", 'One.\n\n"SEND!" he said', "One.\n\nsend\n\n"],
        ["Send it.", "Send.\n\nOne.", "One.\n\nsending", "One.\n\n\n\nsend", "a\n\nsend\n\nb"],
    ),
    (
        "detectable_content:number_placeholders",
        {"num_placeholders": 2},
        ["[name], [address]", "[] []", "[[a] [b]]"],
        ["[name]", "[name\n] [address]", "[[[["],
    ),
    (
        "detectable_content:postscript",
        {"postscript_marker": "P.S."},
        ["Bye.\n\nP.S. More.", "p. s. more"],
        ["Bye.", "PS: more", "P.S more"],
    ),
    (
        "detectable_content:postscript",
        {"postscript_marker": "P.P.S"},
        ["P.P.S more", "p. p. s"],
        ["P.S. more"],
    ),
    ("detectable_content:postscript", {"postscript_marker": "Post:"}, ["post: more"], ["Pos t: more"]),
    (
        "detectable_format:number_bullet_lists",
        {"num_bullets": 2},
        ["* a\n* b", "- a\n  - b", "* a\n- b", "\n\n * a\n\n\n-", "*\n* a\n* b", "**bold**\n*a\n*b"],
        ["* a", "* a\n* b\n* c", "a * b\na - b", "** a\n** b", "*"],
    ),
    (
        "detectable_format:constrained_response",
        {},
        ["My answer is yes.", "Well. My answer is maybe. Or not."],
        ["My answer is yes", "my answer is no."],
    ),
    (
        "detectable_format:number_highlighted_sections",
        {"num_highlights": 2},
        ["*a* and *b*", "**a**, **b**", "**a** *b*"],
        ["*a*", "* * and *a*", "*a\nb* *c"],
    ),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "SECTION", "num_sections": 2},
        ["SECTION 1\na\nSECTION 2\nb", "SECTION1 SECTION 22 SECTION 3"],
        ["SECTION 1\na", "Section 1\nSection 2", "SECTION I\nSECTION II"],
    ),
    (
        "detectable_format:json_format",
        {},
        ['{"a": 1}', "```json\n[1, 2]\n```", "```\n3\n```", " NaN "],
        ["{'a': 1}", "Here it is: {}", "```python\n{}\n```", "[" * 100_000, "9" * 100_000],
    ),
    (
        "detectable_format:title",
        {},
        ["<<Ode>>\nO joy", "see <<a>> and <<b", "<<<a>>>"],
        ["<Ode>", "<<>>", "<< >>", "<<a\nb>>", ">>a<<"],
    ),
    (
        "combination:two_responses",
        {},
        ["a ****** b", "******\na\n******\nb\n******"],
        ["a", "a ****** a", "a ****** b ****** c", "a ****** ****** b", "a *** b"],
    ),
    (
        "combination:repeat_prompt",
        {"prompt_to_repeat": "Say hello. "},
        ["Say hello.\n\nHello!", "  SAY HELLO."],
        ["Hello!", '"Say hello." Hello!'],
    ),
    (
        "startend:end_checker",
        {"end_phrase": " Any questions? "},
        ["So. Any questions?", 'so. any questions?"\n'],
        ["Any questions? No.", "Any questions?'"],
    ),
    ("startend:quotation", {}, ['"Yes."', ' "" '], ["Yes.", '"Yes.', '"', "“Yes.”", "'Yes.'"]),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "at least"},
        ["NASA and ESA", "GO-GO 'A'", "IT'S I"],
        ["NASA and Esa", "Go"],
    ),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "less than"},
        ["NASA", "none"],
        ["A B"],
    ),
    ("change_case:english_capital", {}, [ENGLISH.upper()], [ENGLISH, GERMAN.upper()]),
    ("change_case:english_lowercase", {}, [ENGLISH.lower()], [ENGLISH, GERMAN.lower()]),
    ("punctuation:no_comma", {}, ["a; b", "a，b"], ["a, b"]),
]
HOSTILE = ["a", " ", "\n", "*", "-", "[", "<", "<<>", "p. ", "\n* ", "A ", '{"a":', "SECTION 1"]


@pytest.mark.parametrize(("kind", "arguments", "good", "bad"), CASES, ids=lambda each: each if ":" in each else "")
def test_an_instruction_is_followed_or_not(
    kind: str, arguments: dict[str, Any], good: list[str], bad: list[str]
) -> None:
    followed = instruction(kind, arguments).followed
    assert [reply for reply in good if not followed(reply)] == []
    assert [reply for reply in bad if followed(reply)] == []


def test_all_25_kinds_are_tried() -> None:
    assert len(KINDS) == 25
    assert {kind for kind, *_ in CASES} == set(KINDS)


SLOW = {"length_constraints:number_sentences", "change_case:capital_word_frequency"}
"""The splitting of sentences takes a second for what it looks at of the worst reply."""


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_long_and_hostile_reply_is_judged(kind: str) -> None:
    arguments = next(arguments for known, arguments, *_ in CASES if known == kind)
    for pattern in ["a. "] if kind in SLOW else HOSTILE:
        assert instruction(kind, arguments).followed((pattern * 500_000)[:500_000]) in {True, False}


def test_the_same_language_is_found_each_time() -> None:
    short = [instruction("language:response_language", {"language": code}) for code in ("en", "no", "da", "nl", "de")]
    verdicts = [tuple(each.followed("god dag") for each in short) for _ in range(10)]
    assert len(set(verdicts)) == 1


@pytest.mark.parametrize(
    ("kind", "arguments", "message"),
    [
        ("keywords:none", {}, "unknown kind of instruction 'keywords:none'; the 25 of IFEval are: change_case"),
        ("keywords:existence", {}, "this field is required"),
        ("keywords:existence", {"keywords": []}, "keywords"),
        ("keywords:existence", {"keyword": ["a"]}, "did you mean 'keywords'"),
        ("keywords:frequency", {"keyword": " ", "frequency": 1, "relation": "at least"}, "keyword"),
        ("length_constraints:number_words", {"num_words": 3, "relation": "about"}, "'less than' or 'at least'"),
        ("length_constraints:number_words", {"num_words": -1, "relation": "at least"}, "num_words"),
        ("keywords:letter_frequency", {"letter": "ab", "let_frequency": 1, "let_relation": "at least"}, "letter"),
    ],
)
def test_what_is_no_instruction_is_refused(kind: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        instruction(kind, arguments)
    assert message in str(caught.value)


def test_blanks_around_arguments_do_not_count() -> None:
    kinds = {"startend:end_checker": "end_phrase", "combination:repeat_prompt": "prompt_to_repeat"}
    for (kind, name), reply in product(kinds.items(), ["yes"]):
        assert instruction(kind, {name: "\nYes "}).followed(reply)
