"""The same seed gives the same bytes, every answer follows from its text, and no two texts are alike."""

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from benchbook import SpecError, synthetic
from benchbook.engine.overlap import grams, words
from benchbook.engine.synthesis.sets import ALIKE, SLICES, SPLITS, Drawn, Split, sizes_of, synthesised

DIGESTS = {
    "json-extraction": "98513b516e0cc6f860bf39b13e13fd5cce346066f340e620964a132f1d463203",
    "qa": "fd77665048d9d39925553cf4d721be5c6ca6374aa62dbbad7835011bbfd11da0",
}
"""Of the test split at the default size and seed. A new digest is a new VERSION of the data."""
_DIGEST = (
    "import hashlib, json, sys; from benchbook import synthetic; "
    "print(hashlib.sha256(json.dumps(list(synthetic(sys.argv[1]))).encode()).hexdigest())"
)


@pytest.fixture(scope="module", params=SLICES)
def drawn(request: pytest.FixtureRequest) -> tuple[str, list[Drawn]]:
    """A data set of a fifth of the default size."""
    name = str(request.param)
    return name, list(synthesised(name, sizes=sizes_of(430)))


@pytest.mark.parametrize("name", SLICES)
def test_the_bytes_are_the_same_whatever_the_hash_seed(name: str) -> None:
    for seed in ("0", "4711"):
        done = subprocess.run(
            [sys.executable, "-c", _DIGEST, name],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() == DIGESTS[name]


@pytest.mark.parametrize("name", SLICES)
def test_another_seed_gives_other_samples(name: str) -> None:
    texts = [{json.dumps(row, sort_keys=True) for row in synthetic(name, "test", seed, 430)} for seed in (1, 2)]
    assert texts[0].isdisjoint(texts[1])


@pytest.mark.parametrize("name", SLICES)
def test_the_held_out_samples_are_in_the_slices_that_are_promised(name: str) -> None:
    held_out = [*synthetic(name, "validation"), *synthetic(name, "test")]
    assert Counter(row["slices"][0] for row in held_out) == SLICES[name]
    assert Counter(row["key"].split("-")[0] for row in held_out) == {"validation": 30, "test": 120}


@pytest.mark.parametrize("name", SLICES)
def test_the_test_split_does_not_hang_on_how_much_else_there_is(name: str) -> None:
    alone = [one.fields for one in synthesised(name, 5, {"test": 20})]
    sizes: dict[Split, int] = {"train": 30, "validation": 10, "test": 20}
    assert alone == [one.fields for one in synthesised(name, 5, sizes) if one.split == "test"]


def test_sizes_are_divided_as_the_default_is() -> None:
    assert sizes_of(2150) == dict(SPLITS)
    assert sizes_of(215) == {"train": 200, "validation": 3, "test": 12}
    for total in (1, 2, 7, 99, 1000):
        assert sum(sizes_of(total).values()) == total


def test_no_two_texts_are_alike_within_a_split_or_across(drawn: tuple[str, list[Drawn]]) -> None:
    _, samples = drawn
    shingles = [{*grams(words(one.text), 5)} for one in samples]
    alike = [len(a & b) / len(a | b) for a, b in itertools.combinations(shingles, 2)]
    assert max(alike) < ALIKE
    assert len({one.text for one in samples}) == len({one.fields["key"] for one in samples}) == len(samples) == 430


def test_every_target_holds_by_its_schema() -> None:
    for row in synthetic("json-extraction"):
        Draft202012Validator.check_schema(row["schema"])
        checked = Draft202012Validator(row["schema"], format_checker=Draft202012Validator.FORMAT_CHECKER)
        assert [error.message for error in checked.iter_errors(row["target"])] == []


_NORMAL = re.compile(r"\d{4}-\d{2}-\d{2}|\d{2}:\d{2}|female|male|low|normal|high|[A-Z]{3}")
"""Dates, times, sexes, flags and currencies, which texts write in their own way."""


def test_every_text_that_is_extracted_stands_in_its_text(drawn: tuple[str, list[Drawn]]) -> None:
    name, samples = drawn
    for one in samples if name == "json-extraction" else []:
        text = one.text.casefold()
        for value in _leaves(one.fields["target"]):
            if isinstance(value, str) and not _NORMAL.fullmatch(value):
                assert value.casefold() in text, one.fields


def test_hard_texts_leave_fields_open() -> None:
    hard = [row for row in synthetic("json-extraction") if row["slices"] == ["hard"]]
    assert sum(None in _leaves(row["target"]) for row in hard) >= len(hard) / 2


def test_every_answer_that_is_looked_up_stands_in_the_context(drawn: tuple[str, list[Drawn]]) -> None:
    name, samples = drawn
    for one in samples if name == "qa" else []:
        fields = one.fields
        assert len(set(fields["answers"])) == len(fields["answers"]) > 0
        assert fields["question"].endswith("?")
        assert not {"{", "}"} & set(fields["question"] + fields["context"])
        if fields["slices"] != ["reasoning"]:
            assert fields["answers"][0].casefold() in fields["context"].casefold()


_SLIPS = re.compile(r"\bof of\b|\.\.|\b1 years\b|\b(?:of|up|coaches) they\b|\bmy own car this time")


def test_no_text_has_a_slip_of_the_templates(drawn: tuple[str, list[Drawn]]) -> None:
    _, samples = drawn
    assert [found[0] for one in samples if (found := _SLIPS.search(one.text))] == []


def test_nobody_has_a_post_in_years_to_come(drawn: tuple[str, list[Drawn]]) -> None:
    name, samples = drawn
    lives = [one.fields["target"]["jobs"] for one in samples if "jobs" in one.fields.get("target", {})]
    assert bool(lives) == (name == "json-extraction")
    assert max((max(job["from"], job["to"] or 0) for jobs in lives for job in jobs), default=0) <= 2026


def test_an_unknown_name_or_split_is_named() -> None:
    with pytest.raises(SpecError, match="unknown synthetic data set 'qqa'; did you mean 'qa'"):
        list(synthesised("qqa"))
    with pytest.raises(SpecError, match="unknown split 'dev'"):
        list(synthetic("qa", "dev"))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _leaves(each)
    else:
        yield value


def test_digests_are_of_json() -> None:
    rows = json.dumps(list(synthetic("qa"))).encode()
    assert hashlib.sha256(rows).hexdigest() == DIGESTS["qa"]
