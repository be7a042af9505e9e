"""The Messages API, as documented: a stub on loopback that answers with recorded replies and looks at the requests."""

import json
from typing import Any

import pytest

from benchbook import GenerateConfig, Message, Output, PluginError, RuntimeFailed, SpecError, Usage, registry
from benchbook.specs.models import ModelSpec, PromptStyle
from plugins.runtimes.asking import answer, answered, facts, failure, preflight, request
from plugins.runtimes.recorded import Asked, Recorded, replying

KEY = "sk-ant-very-secret"
MODEL = "anthropic/claude-sonnet-4-5"
TURNS = (
    Message(role="system", content="Be brief."),
    Message(role="user", content="2 + 2?"),
    Message(role="assistant", content="5"),
    Message(role="user", content="Sure?"),
)
CONFIG = GenerateConfig(max_tokens=2000, temperature=0.0, seed=7)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)


def said(reply: Recorded, config: GenerateConfig = CONFIG, **args: Any) -> tuple[Output, Asked]:
    with replying(reply) as (address, asked):
        output = answer(MODEL, request(TURNS, config=config), base_url=f"{address}/v1", **args)
    return output, asked[0]


def refused(reply: Recorded, **args: Any) -> RuntimeFailed:
    with replying(reply) as (address, _):
        return failure(MODEL, request(TURNS, config=CONFIG), base_url=f"{address}/v1", **args)


def _answering(**fields: Any) -> Recorded:
    """A message with these fields in place of its own."""
    text = [{"type": "text", "text": "4"}]
    whole = {"content": text, "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1}}
    return Recorded(content=json.dumps(whole | fields).encode())


def vet(config: GenerateConfig, style: PromptStyle = "chat", **args: Any) -> None:
    registry.vet(ModelSpec(model=MODEL, args=args).runtime, config, style)


def test_a_request_has_the_documented_shape() -> None:
    config = GenerateConfig(max_tokens=100, temperature=0.5, top_p=0.9, top_k=5, stop=("END",), seed=3)
    _, asked = said(Recorded("anthropic/message.json"), config, extra_body={"metadata": {"user_id": "me"}})
    assert (asked.method, asked.path) == ("POST", "/v1/messages")
    assert asked.headers["x-api-key"] == KEY
    assert asked.headers["anthropic-version"] == "2023-06-01"
    assert asked.headers["Content-Type"] == "application/json"
    assert "Authorization" not in asked.headers
    assert asked.body == {
        "model": "claude-sonnet-4-5",
        "max_tokens": 100,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "2 + 2?"},
            {"role": "assistant", "content": "5"},
            {"role": "user", "content": "Sure?"},
        ],
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 5,
        "stop_sequences": ["END"],
        "metadata": {"user_id": "me"},
    }


def test_a_message_is_read_with_tokens_of_the_cache_counted_in() -> None:
    output, _ = said(Recorded("anthropic/message.json"))
    assert (output.text, output.stop_reason, output.first_token) == ("Two and two make four.", "stop", None)
    assert output.usage.model_dump() == {
        "input_tokens": 3212,
        "output_tokens": 9,
        "cache_read_tokens": 3000,
        "cache_write_tokens": 200,
        "reasoning_tokens": 0,
    }
    assert (output.latency or 0) > 0


@pytest.mark.parametrize(
    ("config", "sent"),
    [
        (GenerateConfig(reasoning="high"), {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}),
        (GenerateConfig(reasoning_tokens=1024), {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        (
            GenerateConfig(reasoning_tokens=1500, reasoning="low"),
            {"thinking": {"type": "enabled", "budget_tokens": 1500}, "output_config": {"effort": "low"}},
        ),
        (GenerateConfig(reasoning="none"), {"thinking": {"type": "disabled"}}),
        (GenerateConfig(reasoning_tokens=0), {"thinking": {"type": "disabled"}}),
        (
            GenerateConfig(json_schema={"type": "object"}),
            {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}}},
        ),
    ],
)
def test_thinking_and_schemas_are_asked_for_as_documented(config: GenerateConfig, sent: dict[str, Any]) -> None:
    full = config.over(GenerateConfig(max_tokens=2000, temperature=1.0))
    output, asked = said(Recorded("anthropic/thinking.json"), full)
    shown = {"display": "summarized"} if sent.get("thinking", {}).get("type") in ("adaptive", "enabled") else {}
    expected = sent | ({"thinking": sent["thinking"] | shown} if "thinking" in sent else {})
    assert {name: asked.body.get(name) for name in ("thinking", "output_config") if name in asked.body} == expected
    assert (output.text, output.reasoning) == ("4", "The user adds 2 and 2.")
    assert (output.usage.output_tokens, output.usage.reasoning_tokens) == (45, 38)


def test_a_streamed_message_is_the_same_with_the_time_to_its_first_token() -> None:
    output, asked = said(Recorded("anthropic/message.sse"), stream=True)
    assert asked.body["stream"] is True
    assert (output.text, output.stop_reason) == ("Grüß Gott!", "stop")
    assert (output.usage.input_tokens, output.usage.cache_read_tokens, output.usage.output_tokens) == (125, 100, 15)
    assert output.first_token is not None
    assert 0 < output.first_token <= (output.latency or 0)


def test_streamed_thinking_is_told_apart_and_unknown_events_are_passed_over() -> None:
    output, _ = said(Recorded("anthropic/thinking.sse"), stream=True)
    assert (output.text, output.reasoning) == ("4", "First 2, then 2.")
    assert (output.stop_reason, output.usage.reasoning_tokens) == ("length", 50)


@pytest.mark.parametrize(
    ("usage", "trouble"),
    [
        ({"input_tokens": -5, "output_tokens": 1}, "`usage.input_tokens` is -5, not a number of tokens"),
        ({"input_tokens": 1}, "`usage.output_tokens` is null, not a number of tokens"),
        (7, "`usage` is 7, not an object"),
        (None, ""),
    ],
)
def test_an_answer_whose_tokens_are_not_counted_is_an_answer(usage: Any, trouble: str) -> None:
    stream = Recorded("anthropic/message.sse").bytes.replace(b'"usage":', b'"others":')
    told = f'"usage":{json.dumps(usage)},"others":'.encode()
    pieces = Recorded(content=stream.replace(b'"others":', told))
    for reply, args in ((_answering(usage=usage), {}), (pieces, {"stream": True})):
        with replying(reply) as (address, _):
            outputs, troubles = answered(MODEL, [request(TURNS, config=CONFIG)] * 2, base_url=address, **args)
        assert {(output.text != "", output.usage) for output in outputs} == {(True, Usage())}
        assert [trouble in told for told in troubles] == ([True] if trouble else [])


def test_a_refusal_is_an_answer_that_was_filtered() -> None:
    output, _ = said(Recorded("anthropic/refusal.json"))
    assert (output.text, output.stop_reason) == ("", "content_filter")


@pytest.mark.parametrize(
    ("reason", "ours"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("pause_turn", "unknown"),
        ("tool_use", "unknown"),
        ("reason_of_tomorrow", "unknown"),
    ],
)
def test_every_stop_reason_has_a_word_of_ours(reason: str, ours: str) -> None:
    content = Recorded("anthropic/message.json").bytes.replace(b'"end_turn"', f'"{reason}"'.encode())
    assert said(Recorded(content=content))[0].stop_reason == ours


@pytest.mark.parametrize(
    ("reply", "transient", "retry_after", "message"),
    [
        (
            Recorded("anthropic/rate_limit.json", 429, {"retry-after": "17"}),
            True,
            17,
            "429: This request would",
        ),
        (Recorded("anthropic/overloaded.json", 529), True, None, "answered 529: Overloaded"),
        (Recorded("anthropic/billing.json", 402), False, None, "answered 402: Your credit balance"),
        (Recorded("anthropic/not_found.json", 404), False, None, "answered 404: model: claude-sonet-4-5"),
        (Recorded("anthropic/authentication.json", 401), False, None, "answered 401: invalid x-api-key"),
        (Recorded(content=b"<html>busy</html>", status=503), True, None, "answered 503: <html>busy</html>"),
        (Recorded(content=b'{"content": 7}'), False, None, "than a completion: `content` is 7, not a list"),
        (_answering(content=[{"type": "text", "text": 42}]), False, None, r"`content\[0\].text` is 42, not a text"),
        (Recorded("anthropic/overloaded.json"), True, None, "answered with an error: Overloaded"),
        (Recorded(content=b"[]"), False, None, "something else than a completion: .."),
        (Recorded(content=b"{"), True, None, "breaks off: {"),
        (Recorded("anthropic/message.json", cut=100, abrupt=True), True, None, "the connection to .* broke"),
        (Recorded(content=b"x" * 20_000_000), False, None, "more than 16 MiB"),
    ],
)
def test_refusals_say_whether_another_try_makes_sense(
    reply: Recorded, transient: bool, retry_after: float | None, message: str
) -> None:
    err = refused(reply)
    assert (err.transient, err.retry_after) == (transient, retry_after)
    with pytest.raises(RuntimeFailed, match=message):
        raise err


@pytest.mark.parametrize(
    ("reply", "transient", "message"),
    [
        (Recorded("anthropic/overloaded.sse"), True, "answered with an error: Overloaded"),
        (Recorded("anthropic/invalid.sse"), False, "answered with an error: That will never do"),
        (Recorded("anthropic/message.sse", cut=500), True, "ended before the answer did"),
        (Recorded("anthropic/message.sse", cut=900), True, "ended before the answer did"),
        (Recorded("anthropic/message.sse", cut=500, abrupt=True), True, "the connection to .* broke"),
        (Recorded("anthropic/rate_limit.json", 429, {"retry-after": "17"}), True, "answered 429"),
        (Recorded(content=b"data: {nonsense}\n\n"), False, "something else than a completion: {nonsense}"),
        (Recorded(content=b'data: {"type": "content_block_delta"}\n\n'), False, "something else than a completion"),
        (Recorded(content=b": " + b"x" * 20_000_000), False, "more than 16 MiB"),
    ],
)
def test_a_stream_that_fails_says_whether_another_try_makes_sense(
    reply: Recorded, transient: bool, message: str
) -> None:
    err = refused(reply, stream=True)
    assert err.transient is transient
    with pytest.raises(RuntimeFailed, match=message):
        raise err


def test_a_parameter_that_the_model_does_not_take_comes_with_its_remedy() -> None:
    err = refused(Recorded("anthropic/temperature.json", 400))
    assert "answered 400: `temperature` is deprecated for this model." in str(err)
    assert "(the model's argument `omit: [temperature]` leaves it out)" in str(err)
    _, asked = said(Recorded("anthropic/message.json"), omit=["temperature"])
    assert "temperature" not in asked.body


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"logprobs": 0}, "generate.logprobs: `logprobs` is not to be had: Anthropic"),
        ({"temperature": 1.5}, "generate.temperature: .* goes up to 1"),
        ({"reasoning": "minimal", "temperature": 1.0}, "generate.reasoning: .* begins with `low`"),
        ({"reasoning": "low"}, r"generate.temperature: .* cannot be chosen .*`omit: \[temperature\]"),
        ({"reasoning": "low", "temperature": 1.0, "top_k": 3}, "generate.top_k: .* cannot be chosen"),
        ({"reasoning_tokens": 100}, "generate.reasoning_tokens: .* at least 1024"),
        ({"reasoning_tokens": 2000}, "generate.reasoning_tokens: .* less than `max_tokens`"),
        ({"reasoning_tokens": 2000, "reasoning": "none"}, "generate.reasoning_tokens: .* different things"),
    ],
)
def test_what_the_api_has_no_word_for_is_refused_before_a_run(config: dict[str, Any], message: str) -> None:
    asked = GenerateConfig.model_validate(config).over(CONFIG)
    with pytest.raises(SpecError, match=message):
        vet(asked)
    with pytest.raises(RuntimeFailed, match=message):
        raise failure(MODEL, request(TURNS, config=asked))


def test_bare_text_and_other_ways_round_are_refused_before_a_run() -> None:
    vet(CONFIG)
    with pytest.raises(SpecError, match="take turns, not bare text"):
        vet(CONFIG, "completion")
    with pytest.raises(SpecError, match=r"args\.extra_body\.max_tokens: `max_tokens` is set by Benchbook"):
        vet(CONFIG, extra_body={"max_tokens": 5})
    with pytest.raises(SpecError, match="`max_tokens` is required"):
        vet(CONFIG, omit=["max_tokens"])


def test_a_seed_is_not_sent_and_the_run_says_so() -> None:
    _, asked = said(Recorded("anthropic/message.json"))
    assert "seed" not in asked.body
    assert facts(MODEL).facts == {
        "base_url": "https://api.anthropic.com/v1",
        "served_model": "claude-sonnet-4-5",
        "not_sent": "seed",
    }


def test_the_preflight_asks_for_the_model_by_its_name_and_spends_nothing() -> None:
    with replying(Recorded("anthropic/model.json")) as (address, asked):
        preflight(MODEL, base_url=f"{address}/v1")
    assert [(each.method, each.path) for each in asked] == [("GET", "/v1/models/claude-sonnet-4-5")]
    assert (asked[0].headers["x-api-key"], asked[0].headers["anthropic-version"]) == (KEY, "2023-06-01")


def test_a_missing_key_a_wrong_one_and_an_unknown_model_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    replies = (Recorded("anthropic/not_found.json", 404), Recorded("anthropic/models.json"))
    with replying(*replies) as (address, asked):
        with pytest.raises(SpecError, match="no model 'claude-sonet-4-5'; did you mean 'claude-sonnet-4-5-20250929'"):
            preflight("anthropic/claude-sonet-4-5", base_url=address)
        assert asked[1].path == "/models?limit=1000"
    with (
        replying(Recorded("anthropic/authentication.json", 401)) as (address, _),
        pytest.raises(PluginError, match=r"answered 401 \(invalid x-api-key\); look at the key in ANTHROPIC_API_KEY"),
    ):
        preflight(MODEL, base_url=address)
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    with pytest.raises(SpecError, match="the environment variable ANTHROPIC_API_KEY is not set"):
        preflight(MODEL)
