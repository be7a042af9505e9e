"""The Gemini API, as documented: a stub on loopback that answers with recorded replies and looks at the requests."""

import json
from typing import Any

import pytest

from benchbook import (
    Alternative,
    GenerateConfig,
    Message,
    Output,
    PluginError,
    RuntimeFailed,
    SpecError,
    Usage,
    registry,
)
from benchbook.specs.models import ModelSpec, PromptStyle
from plugins.runtimes.asking import answer, answered, facts, failure, preflight, request
from plugins.runtimes.recorded import Asked, Recorded, replying

KEY = "AIza-very-secret"
MODEL = "google/gemini-2.5-flash"
TURNS = (
    Message(role="system", content="Be brief."),
    Message(role="user", content="2 + 2?"),
    Message(role="assistant", content="5"),
    Message(role="user", content="Sure?"),
)
CONFIG = GenerateConfig(max_tokens=100, temperature=0.0, seed=7)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)


def said(reply: Recorded, config: GenerateConfig = CONFIG, **args: Any) -> tuple[Output, Asked]:
    with replying(reply) as (address, asked):
        output = answer(MODEL, request(TURNS, config=config), base_url=f"{address}/v1beta", **args)
    return output, asked[0]


def refused(reply: Recorded, config: GenerateConfig = CONFIG, **args: Any) -> RuntimeFailed:
    with replying(reply) as (address, _):
        return failure(MODEL, request(TURNS, config=config), base_url=f"{address}/v1beta", **args)


def _answering(**fields: Any) -> Recorded:
    """An answer with these fields in place of its own."""
    whole = {"candidates": [{"content": {"parts": [{"text": "4"}]}, "finishReason": "STOP"}]}
    return Recorded(content=json.dumps(whole | fields).encode())


def vet(config: GenerateConfig, style: PromptStyle = "chat", **args: Any) -> None:
    registry.vet(ModelSpec(model=MODEL, args=args).runtime, config, style)


def test_a_request_has_the_documented_shape() -> None:
    config = GenerateConfig(max_tokens=100, temperature=0.5, top_p=0.9, top_k=5, stop=("END",), seed=3)
    safety = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    extra = {"safetySettings": safety, "generationConfig": {"presencePenalty": 0.5}}
    _, asked = said(Recorded("google/answer.json"), config, extra_body=extra)
    assert (asked.method, asked.path) == ("POST", "/v1beta/models/gemini-2.5-flash:generateContent")
    assert asked.headers["x-goog-api-key"] == KEY
    assert KEY not in asked.path
    assert asked.body == {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "2 + 2?"}]},
            {"role": "model", "parts": [{"text": "5"}]},
            {"role": "user", "parts": [{"text": "Sure?"}]},
        ],
        "generationConfig": {
            "maxOutputTokens": 100,
            "temperature": 0.5,
            "topP": 0.9,
            "topK": 5,
            "seed": 3,
            "stopSequences": ["END"],
            "presencePenalty": 0.5,
        },
        "safetySettings": safety,
    }


def test_an_answer_is_read_with_its_cached_tokens() -> None:
    output, _ = said(Recorded("google/answer.json"))
    assert (output.text, output.stop_reason, output.first_token) == ("Two and two make four.", "stop", None)
    assert (output.usage.input_tokens, output.usage.cache_read_tokens, output.usage.output_tokens) == (3012, 3000, 9)


def test_thoughts_are_told_apart_and_their_tokens_counted_in() -> None:
    output, _ = said(Recorded("google/thinking.json"))
    assert (output.text, output.reasoning, output.stop_reason) == ("4", "**Adding** 2 and 2.", "length")
    assert (output.usage.output_tokens, output.usage.reasoning_tokens) == (65, 64)


@pytest.mark.parametrize(
    ("config", "sent"),
    [
        ({"reasoning": "low"}, {"thinkingConfig": {"thinkingLevel": "low", "includeThoughts": True}}),
        ({"reasoning": "none"}, {"thinkingConfig": {"thinkingBudget": 0, "includeThoughts": False}}),
        ({"reasoning_tokens": 512}, {"thinkingConfig": {"thinkingBudget": 512, "includeThoughts": True}}),
        (
            {"json_schema": {"type": "object"}},
            {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}},
        ),
        ({"logprobs": 2}, {"responseLogprobs": True, "logprobs": 2}),
        ({"logprobs": 0}, {"responseLogprobs": True}),
    ],
)
def test_thinking_schemas_and_logprobs_are_asked_for_as_documented(
    config: dict[str, Any], sent: dict[str, Any]
) -> None:
    _, asked = said(Recorded("google/logprobs.json"), GenerateConfig.model_validate(config))
    assert asked.body["generationConfig"] == sent


def test_logprobs_are_read_and_a_field_left_out_is_zero() -> None:
    output, _ = said(Recorded("google/logprobs.json"), GenerateConfig(logprobs=2))
    assert output.logprobs is not None
    assert [(each.token, each.logprob) for each in output.logprobs] == [("4", -0.1), (".", 0.0)]
    assert output.logprobs[0].top == (Alternative(token="4", logprob=-0.1), Alternative(token="four", logprob=-2.5))


def test_logprobs_that_do_not_come_are_an_error() -> None:
    err = refused(Recorded("google/answer.json"), GenerateConfig(logprobs=2))
    assert "log-probabilities were asked for, and Google sent none" in str(err)


def test_a_streamed_answer_is_the_same_with_the_time_to_its_first_token() -> None:
    output, asked = said(Recorded("google/answer.sse"), stream=True)
    assert asked.path == "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    assert (output.text, output.stop_reason) == ("Grüß Gott!", "stop")
    assert (output.usage.input_tokens, output.usage.output_tokens, output.usage.reasoning_tokens) == (5, 7, 3)
    assert output.first_token is not None
    assert 0 < output.first_token <= (output.latency or 0)


def test_streamed_thoughts_are_told_apart() -> None:
    output, _ = said(Recorded("google/thinking.sse"), stream=True)
    assert (output.text, output.reasoning) == ("4", "First 2, then 2.")


@pytest.mark.parametrize(
    ("file", "stream"),
    [("google/safety.json", False), ("google/blocked.json", False), ("google/blocked.sse", True)],
)
def test_what_is_blocked_is_an_answer_that_was_filtered(file: str, stream: bool) -> None:
    output, _ = said(Recorded(file), stream=stream)
    assert (output.text, output.stop_reason, output.usage.input_tokens) == ("", "content_filter", 10)


def test_an_answer_whose_tokens_are_not_counted_is_an_answer() -> None:
    with replying(_answering(usageMetadata={"promptTokenCount": -5})) as (address, _):
        outputs, [trouble] = answered(MODEL, [request(TURNS)], base_url=address)
    assert [(bool(output.text), output.usage) for output in outputs] == [(True, Usage())]
    assert "`usageMetadata.promptTokenCount` is -5, not a number of tokens" in trouble


@pytest.mark.parametrize(
    ("reason", "ours"),
    [("RECITATION", "content_filter"), ("MAX_TOKENS", "length"), ("MALFORMED_FUNCTION_CALL", "unknown")],
)
def test_finish_reasons_have_words_of_ours(reason: str, ours: str) -> None:
    content = Recorded("google/answer.json").bytes.replace(b'"STOP"', f'"{reason}"'.encode())
    assert said(Recorded(content=content))[0].stop_reason == ours


@pytest.mark.parametrize(
    ("reply", "transient", "retry_after", "message"),
    [
        (Recorded("google/rate_limit.json", 429), True, 10.689, "answered 429: You exceeded your current quota"),
        (Recorded("google/rate_limit.json", 429, {"Retry-After": "3"}), True, 3, "answered 429"),
        (Recorded("google/daily_quota.json", 429), False, None, "answered 429: You exceeded your current quota"),
        (Recorded("google/unavailable.json", 503), True, None, "answered 503: The model is overloaded"),
        (Recorded("google/invalid_key.json", 400), False, None, "answered 400: API key not valid"),
        (Recorded(content=b'{"candidates": []}'), False, None, "something else than a completion"),
        (Recorded(content=b"{}"), False, None, "something else than a completion"),
        (_answering(candidates=[{"content": {"parts": [{"text": 4}]}}]), False, None, r"parts\[0\].text` is 4, not"),
        (_answering(candidates=[{"content": 4}]), False, None, r"`candidates\[0\].content` is 4, not an object"),
        (Recorded("google/answer.json", cut=100, abrupt=True), True, None, "the connection to .* broke"),
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
        (Recorded("google/unavailable.sse"), True, "answered with an error: The model is overloaded"),
        (Recorded("google/answer.sse", cut=300), True, "ended before the answer did"),
        (Recorded("google/answer.sse", cut=300, abrupt=True), True, "the connection to .* broke"),
        (Recorded(content=b""), True, "ended before the answer did"),
        (Recorded(content=b'data: {"candidates": 7}\n\n'), False, "something else than a completion"),
        (Recorded(content=b'[{"error": {"code": 503, "message": "busy"}}]', status=503), True, "answered 503: busy"),
    ],
)
def test_a_stream_that_fails_says_whether_another_try_makes_sense(
    reply: Recorded, transient: bool, message: str
) -> None:
    err = refused(reply, stream=True)
    assert err.transient is transient
    with pytest.raises(RuntimeFailed, match=message):
        raise err


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"reasoning": "low", "reasoning_tokens": 5}, "generate.reasoning_tokens: .* cannot both be set"),
        ({"stop": list("abcdef")}, "generate.stop: `stop` takes 5 sequences at most at Google, not 6"),
    ],
)
def test_what_the_api_has_no_word_for_is_refused_before_a_run(config: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        vet(GenerateConfig.parse(config).over(CONFIG))


def test_bare_text_and_other_ways_round_are_refused_before_a_run() -> None:
    vet(CONFIG)
    with pytest.raises(SpecError, match="take turns, not bare text"):
        vet(CONFIG, "completion")
    with pytest.raises(SpecError, match=r"args\.extra_body\.seed: `seed` is set by Benchbook"):
        vet(CONFIG, extra_body={"generationConfig": {"seed": 5}})


def test_the_preflight_asks_for_the_model_and_spends_nothing() -> None:
    with replying(Recorded("google/model.json")) as (address, asked):
        preflight(MODEL, base_url=f"{address}/v1beta")
    assert [(each.method, each.path) for each in asked] == [("GET", "/v1beta/models/gemini-2.5-flash")]
    assert asked[0].headers["x-goog-api-key"] == KEY
    assert facts(MODEL).facts["base_url"] == "https://generativelanguage.googleapis.com/v1beta"


def test_a_missing_key_a_wrong_one_and_an_unknown_model_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        replying(Recorded("google/not_found.json", 404), Recorded("google/models.json")) as (address, _),
        pytest.raises(SpecError, match=r"no model 'gemini-2.5-flahs'; did you mean 'gemini-2.5-flash'"),
    ):
        preflight("google/gemini-2.5-flahs", base_url=address)
    with (
        replying(Recorded("google/embedding.json")) as (address, _),
        pytest.raises(SpecError, match="'gemini-embedding-001' generates no text; it does embedContent"),
    ):
        preflight("google/gemini-embedding-001", base_url=address)
    with (
        replying(Recorded("google/invalid_key.json", 400)) as (address, _),
        pytest.raises(PluginError, match=r"answered 400 \(API key not valid.*\); look at the key in GEMINI_API_KEY"),
    ):
        preflight(MODEL, base_url=address)
    monkeypatch.delenv("GEMINI_API_KEY")
    with pytest.raises(SpecError, match="the environment variable GEMINI_API_KEY is not set"):
        preflight(MODEL)
