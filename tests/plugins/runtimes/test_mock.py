"""The mock says what it is told to."""

from typing import Any

import pytest

from benchbook import GenerateConfig, Message, ModelSpec, Output, RuntimeFailed, SpecError, registry
from plugins.runtimes.asking import answer, answers, facts, failure, preflight, request


def texts(said: list[Output | RuntimeFailed]) -> list[str]:
    return [each.text if isinstance(each, Output) else f"! {each}" for each in said]


def test_it_answers_without_being_told_anything() -> None:
    assert answer("mock/any").text == "This is a mock reply."


def test_several_replies_are_given_in_turn() -> None:
    assert texts(answers("mock/any", [request()] * 3, replies=["a", "b"])) == ["a", "b", "a"]


def test_a_sample_can_have_its_own_reply_and_every_epoch_its_own() -> None:
    asked = [request(sample="x"), request(sample="x", epoch=2), request(sample="y"), request(sample="z")]
    said = answers("mock/any", asked, replies="other", by_sample={"x": ["first", "second"], "y": "always"})
    assert texts(said) == ["first", "second", "always", "other"]


def test_scripted_calls_fail_as_written_and_take_no_reply_from_the_others() -> None:
    script = [{"call": 2, "message": "busy", "retry_after": 1.5}, {"call": 3, "message": "gone", "transient": False}]
    first, busy, gone, last = answers("mock/any", [request()] * 4, replies=["a", "b"], fail=script)
    assert isinstance(busy, RuntimeFailed)
    assert isinstance(gone, RuntimeFailed)
    assert (busy.transient, busy.retry_after, gone.transient) == (True, 1.5, False)
    assert texts([first, busy, gone, last]) == ["a", "! busy", "! gone", "b"]


def test_tokens_are_words() -> None:
    turns = (Message(role="system", content="be brief"), Message(role="user", content="what is two and two"))
    said = answer("mock/any", request(turns), replies="it is four")
    assert (said.usage.input_tokens, said.usage.output_tokens) == (7, 3)


@pytest.mark.parametrize(
    ("stop", "max_tokens", "text", "stop_reason"),
    [
        ((), None, " one two\nthree END four", "stop"),
        ((), 5, " one two\nthree END four", "stop"),
        ((), 3, " one two\nthree", "length"),
        (("END", "\nthree"), None, " one two", "stop"),
        (("END",), 3, " one two\nthree ", "stop"),
        (("END",), 2, " one two", "length"),
        (("none",), 1, " one", "length"),
    ],
)
def test_a_reply_ends_where_a_model_would(
    stop: tuple[str, ...], max_tokens: int | None, text: str, stop_reason: str
) -> None:
    config = GenerateConfig(stop=stop, max_tokens=max_tokens)
    said = answer("mock/any", request(config=config), replies=" one two\nthree END four")
    assert (said.text, said.stop_reason, said.usage.output_tokens) == (text, stop_reason, len(text.split()))


@pytest.mark.parametrize(
    "config", [{"logprobs": 0}, {"json_schema": {}}, {"reasoning": "none"}, {"reasoning_tokens": 0}], ids=str
)
def test_what_only_a_model_could_give_is_refused(config: dict[str, Any]) -> None:
    [name] = config
    asked = GenerateConfig.parse(config)
    with pytest.raises(SpecError, match=rf"^generate\.{name}: the mock cannot heed it"):
        registry.vet(ModelSpec(model="mock/any").runtime, asked, "chat")
    refused = failure("mock/any", request(config=asked))
    assert (f"generate.{name}" in str(refused), refused.transient) == (True, False)


def test_the_prompt_style_is_as_wanted() -> None:
    assert facts("mock/any").prompt_style == "chat"
    assert facts("mock/any", prompt_style="completion").prompt_style == "completion"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"replys": "x"}, "did you mean 'replies'"),
        ({"fail": [{"cal": 1}]}, "did you mean 'call'"),
        ({"replies": []}, r"^args\.replies: a list of replies needs at least one"),
        ({"by_sample": {"x": []}}, r"^args\.by_sample\.x: a list of replies needs at least one"),
        ({"fail": [{"call": 0}]}, r"^fail\[0\]\.call: .*greater than or equal to 1, got 0"),
        ({"fail": [{"call": 1, "retry_after": -1}]}, r"^fail\[0\]\.retry_after: .*greater than or equal to 0, got -1"),
        ({"latency": -0.5}, r"^args\.latency: expected 0 seconds or more, got -0\.5"),
    ],
)
def test_a_mistake_in_the_script_is_told_before_anything_is_asked(args: dict[str, Any], message: str) -> None:
    for begin in (preflight, answer):
        with pytest.raises(SpecError, match=message):
            begin("mock/any", **args)
