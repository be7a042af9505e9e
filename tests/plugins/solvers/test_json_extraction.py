"""Texts are shown with their schemas, after examples, and the JSON is taken out of the reply."""

import json
from datetime import UTC, datetime
from typing import get_args

import pytest
from jsonschema import Draft202012Validator

from benchbook import Row, Sample, SpecError
from benchbook.plugins.solvers.json_extraction import EXAMPLES
from benchbook.plugins.solvers.json_replies import found_json
from benchbook.specs.models import PromptStyle
from plugins.solvers.answering import Model, sample, solved

QUESTION = 'JSON schema:\n{"type": "object"}\n\nText:\nHello.'


def test_a_chat_has_the_examples_as_turns_of_which_all_but_the_last_are_shared() -> None:
    model = Model('Here: {"a": 1}.')
    output = solved("json-extraction", sample(QUESTION), model)
    assert [role for role, _ in model.turns] == ["user", "assistant", "user", "assistant", "user"]
    assert model.turns[-1][1].endswith(QUESTION)
    assert model.shared == 4
    assert (output.answer, output.answer_rule) == ('{"a": 1}', "within")


def test_a_text_model_goes_on_behind_the_mark() -> None:
    model = Model('{"a": 1}', "completion")
    assert solved("json-extraction", sample(QUESTION), model, shots=1).answer_rule == "whole"
    [(prompt, config)] = model.asked
    assert isinstance(prompt, str)
    assert prompt[model.shared :] == f"{QUESTION}\n\nJSON:\n"
    assert prompt.count("JSON:\n") == 2
    assert "\nJSON schema:" in config.stop


def test_the_reply_is_bound_to_the_schema_where_that_is_wanted() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    row = Row(key="a sample", input=QUESTION, metadata={"schema": {"type": "object"}})
    asked = Sample(id="sample", created_at=now, dataset_id="data", position=0, row=row)
    for style in get_args(PromptStyle):
        model = Model("{}", style)
        solved("json-extraction", asked, model, constrained=True)
        [(_, config)] = model.asked
        assert config.json_schema == {"type": "object"}
    with pytest.raises(SpecError, match="has no `schema` in its metadata"):
        solved("json-extraction", sample(QUESTION), Model("{}"), constrained=True)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_keep_to_their_schemas(example: tuple[str, str]) -> None:
    asked, answer = example
    schema = json.loads(asked.removeprefix("JSON schema:\n").partition("\n\nText:\n")[0])
    Draft202012Validator(schema).validate(json.loads(answer))


def test_without_json_there_is_no_answer() -> None:
    assert solved("json-extraction", sample(QUESTION), Model("Sorry.")).answer is None


def test_the_last_object_counts_and_what_is_wrong_with_it_is_said() -> None:
    found = found_json('{"a": 1} no: {"a": {"b": 2}, "a": 3}')
    assert found is not None
    assert (found.text, found.trouble) == (
        '{"a": {"b": 2}, "a": 3}',
        "not valid JSON: the key 'a' comes twice",
    )
    assert found_json("as [1] and [2, 3] show").value == [2, 3]  # type: ignore[union-attr]
    assert found_json('{"a": [1]} is not [2]').value == {"a": [1]}  # type: ignore[union-attr]
    assert found_json("f(x) = {x}") is None
