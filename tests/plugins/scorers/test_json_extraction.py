"""Expected JSON is recognised wherever it stands, and all that is wrong with it is said."""

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import pytest

from benchbook import Generation, Row, Sample, SpecError, Use, Verdict, build
from plugins.scorers.grading import generation, sample_of

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "tags": {"type": "array"}, "day": {"type": "string", "format": "date"}},
    "required": ["name", "tags", "day"],
    "additionalProperties": False,
}
TARGET = {"name": "Ann", "tags": ["a", "b"], "day": "2025-03-04"}


def asked(target: Any = TARGET, schema: Any = SCHEMA) -> Sample:
    metadata = {} if schema is None else {"schema": schema}
    return sample_of(Row(key="a sample", input="?", target=target, metadata=metadata))


def values(reply: str, sample: Sample | None = None, **args: Any) -> dict[str, float | None]:
    return {verdict.name: verdict.value for verdict in verdicts(sample or asked(), generation(None, reply), **args)}


def verdicts(of: Sample, said: Generation, **args: Any) -> Sequence[Verdict]:
    return asyncio.run(build("scorer", Use(name="json-extraction", args=args))(of, said))


ALL = dict.fromkeys(("parses", "schema_valid", "exact", "precision", "recall", "f1"), 1.0)


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("split", ["test", "validation"])
def test_every_gold_answer_gets_one_by_every_measure(seed: int, split: str) -> None:
    rows = list(build("reader", Use(name="json-extraction", args={"seed": seed, "split": split, "size": 1000}))())
    assert len(rows) in (56, 14)
    for row in rows:
        for indent in (None, 2):
            assert values(json.dumps(row.target, indent=indent), sample_of(row)) == ALL, row.key


@pytest.mark.parametrize(
    "reply",
    [
        "{}",
        "```json\n{}\n```",
        "Sure! Here it is:\n\n```\n{}\n```\nLet me know.",
        "The answer is {} as you see.",
        'First I thought {{"name": "Bob"}}, but it is {}.',
        '<think>maybe {{"name": "Bob", "tags": [], "day": "1999-01-01"}}</think>{}',
        "[1] says so: {}",
    ],
)
def test_json_is_found_in_prose_fences_and_behind_thoughts(reply: str) -> None:
    assert values(reply.replace("{}", json.dumps(TARGET)).replace("{{", "{").replace("}}", "}")) == ALL


def test_what_is_wrong_is_counted() -> None:
    found = values('{"name": "Ann", "tags": ["b", "c"], "day": "2025-03-04", "more": 1}')
    assert found == {
        "parses": 1.0,
        "schema_valid": 0.0,
        "exact": 0.0,
        "precision": 3 / 5,
        "recall": 3 / 4,
        "f1": 6 / 9,
    }
    assert values('{"name": "Ann", "tags": ["b", "a"], "day": "04.03.2025"}')["schema_valid"] == 0.0
    assert values(json.dumps({**TARGET, "tags": ["b", "a"]})) == ALL
    assert values(json.dumps({**TARGET, "tags": ["b", "a"]}), lists="in-order")["exact"] == 0.0
    assert values(json.dumps({**TARGET, "name": "ann"}), ignore_case=True)["exact"] == 1.0


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "I cannot do that.",
        '{"name": "Ann", "tags": ["a"',
        '{"name": "Ann", "name": "Ann", "tags": ["a", "b"], "day": "2025-03-04"}',
        '{"name": NaN}',
        '{"name": 1e999}',
        '{"name": ' + "9" * 5000 + "}",
        "[" * 20_000,
        '{"a":' * 20_000,
        '{"a":' * 60 + "1" + "}" * 60,
        json.dumps({"tags": list(range(3000))}),
        "<think>" + json.dumps(TARGET),
    ],
)
def test_what_is_no_json_or_hostile_gets_nothing(reply: str) -> None:
    before = time.monotonic()
    assert set(values(reply).values()) == {0.0}
    assert time.monotonic() - before < 60


def test_without_a_schema_there_is_no_verdict_on_it() -> None:
    assert values(json.dumps(TARGET), asked(schema=None)) == {name: 1.0 for name in ALL if name != "schema_valid"}
    assert "schema_valid" not in values("nothing", asked(schema=None))


def test_lists_and_plain_values_can_be_targets() -> None:
    assert values("so: [2, 1]", asked([1, 2], {"type": "array"})) == ALL
    assert values("7", asked(7, {"type": "integer"})) == ALL


@pytest.mark.parametrize(
    ("keyword", "subject"), [("pattern", "a"), ("pattern", "b"), ("patternProperties", "a"), ("patternProperties", "b")]
)
def test_patterns_of_a_schema_hold_for_values_and_names(keyword: str, subject: str) -> None:
    schema = {"properties": {"x": {"pattern": "^a"}}} if keyword == "pattern" else {"patternProperties": {"^b": False}}
    target = {"x": subject} if keyword == "pattern" else {subject: 1}
    assert values(json.dumps(target), asked(target, schema))["schema_valid"] == float(subject == "a")


CARELESS = "(a|aa)+$"
BACKWARDS = r"^(a|aa)+\1(?!c)$"


@pytest.mark.parametrize(
    "schema",
    [
        {"additionalProperties": {"pattern": CARELESS}},
        {"additionalProperties": False, "patternProperties": {CARELESS: {}}},
        {"unevaluatedProperties": False, "patternProperties": {CARELESS: {}}},
        {"additionalProperties": {"$schema": "https://json-schema.org/draft/2020-12/schema", "pattern": CARELESS}},
    ],
)
def test_patterns_without_a_look_back_take_no_time(schema: Any) -> None:
    long = "a" * 200 + "b"
    assert values(json.dumps({long: long}), asked({long: long}, schema))["schema_valid"] == 0.0


@pytest.mark.parametrize(
    "schema", [{"additionalProperties": {"pattern": BACKWARDS}}, {"not": {"patternProperties": {BACKWARDS: False}}}]
)
def test_a_pattern_that_takes_too_long_says_nothing_of_the_answer(schema: Any) -> None:
    long = "a" * 60 + "b"
    said = verdicts(asked({long: long}, schema), generation(None, json.dumps({long: long})))
    found = {verdict.name: verdict for verdict in said}
    assert (found["exact"].value, found["schema_valid"].value) == (1.0, None)
    assert "a pattern of its JSON schema takes too long" in (found["schema_valid"].error or "")


def test_half_a_character_is_looked_at_too() -> None:
    schema = {"properties": {"x": {"type": "string", "maxLength": 1}}}
    assert values(r'{"x": "\ud800"}', asked({"x": "?"}, schema))["schema_valid"] == 1.0
    assert (
        values(r'{"x": "\ud800", "\ud800": 1}', asked({"x": "?"}, {**schema, "maxProperties": 1}))["schema_valid"]
        == 0.0
    )


@pytest.mark.parametrize(
    "schema", [{"type": "nonsense"}, {"pattern": "("}, [], "string", {"$ref": "http://127.0.0.1:9/never-fetched"}]
)
def test_a_schema_that_cannot_be_used_is_the_data_sets_mistake(schema: Any) -> None:
    with pytest.raises(SpecError, match="sample 'a sample': its JSON schema cannot be used"):
        values(json.dumps(TARGET), asked(schema=schema))
