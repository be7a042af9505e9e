"""OpenAI's completions as the servers send them: reasoning, log-probabilities, usage, whole and in pieces."""

import json
from typing import Any

import pytest

from benchbook import Alternative, GenerateConfig, Message, Output, RuntimeFailed, Usage
from benchbook.plugins.runtimes.events import EventReader
from plugins.runtimes.asking import answer, answered, failure, request
from plugins.runtimes.recorded import Recorded, replying

MODEL = "openai-compatible/any"
TURNS = (Message(role="user", content="2 + 2?"),)
USAGE = {
    "prompt_tokens": 30,
    "completion_tokens": 12,
    "prompt_tokens_details": {"cached_tokens": 16},
    "completion_tokens_details": {"reasoning_tokens": 8},
}
CHAT_LOGPROBS = {
    "content": [
        {"token": "4", "logprob": -0.1, "bytes": [52], "top_logprobs": [{"token": "4", "logprob": -0.1, "bytes": [52]}]}
    ]
}
TEXT_LOGPROBS = {
    "tokens": ["4", "."],
    "token_logprobs": [-0.1, -0.5],
    "top_logprobs": [{"four": -2.5, "4": -0.1}, None],
    "text_offset": [0, 1],
}


def said(reply: dict[str, Any], logprobs: int | None = None, **args: Any) -> Output:
    with replying(Recorded(content=json.dumps(reply).encode())) as (address, _):
        return answer(MODEL, request(TURNS, config=GenerateConfig(logprobs=logprobs)), base_url=address, **args)


def streamed(*chunks: dict[str, Any] | str, logprobs: int | None = None, **args: Any) -> Output:
    with replying(_stream(*chunks)) as (address, _):
        asked = request(TURNS, config=GenerateConfig(logprobs=logprobs))
        return answer(MODEL, asked, base_url=address, stream=True, **args)


def _stream(*chunks: dict[str, Any] | str) -> Recorded:
    lines = [chunk if isinstance(chunk, str) else json.dumps(chunk) for chunk in chunks]
    return Recorded(content="".join(f"data: {line}\n\n" for line in lines).encode())


def chat(finish_reason: str = "stop", logprobs: Any = None, **message: Any) -> dict[str, Any]:
    return {"choices": [{"message": message, "finish_reason": finish_reason, "logprobs": logprobs}], "usage": USAGE}


def chunk(finish_reason: str | None = None, logprobs: Any = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"delta": delta, "finish_reason": finish_reason, "logprobs": logprobs}], "usage": None}


def test_details_of_usage_are_kept() -> None:
    assert said(chat(content="4")).usage.model_dump() == {
        "input_tokens": 30,
        "output_tokens": 12,
        "cache_read_tokens": 16,
        "cache_write_tokens": 0,
        "reasoning_tokens": 8,
    }


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_is_told_apart_under_either_name(field: str) -> None:
    output = said(chat(content="4", **{field: "2 and 2"}))
    assert (output.text, output.reasoning) == ("4", "2 and 2")
    output = streamed(chunk(**{field: "2 and"}), chunk(**{field: " 2"}), chunk("stop", content="4"), "[DONE]")
    assert (output.text, output.reasoning) == ("4", "2 and 2")


@pytest.mark.parametrize("thought", ["2 and 2", [{"type": "text", "text": "2 and"}, {"type": "text", "text": " 2"}]])
def test_an_answer_may_come_as_parts_of_which_some_are_thoughts(thought: Any) -> None:
    parts: list[Any] = [
        {"type": "thinking", "thinking": thought},
        {"type": "text", "text": "It is "},
        {"type": "reference", "reference_ids": [1]},
        {"type": "text", "text": "4"},
    ]
    pieces = [*(chunk(content=[part]) for part in parts[:3]), chunk("stop", content="4")]
    for output in (said(chat(content=parts)), streamed(*pieces, "[DONE]")):
        assert (output.text, output.reasoning) == ("It is 4", "2 and 2")
    assert said(chat(content=parts[1:], reasoning_content="hm")).reasoning == "hm"


@pytest.mark.parametrize("content", [[], [{"foo": 1}], [{"type": "output_text", "output_text": "b"}]])
def test_content_without_a_text_is_no_answer_unless_something_stands_in_its_place(content: Any) -> None:
    shown = f"`choices[0].message.content` is {json.dumps(content)}, not a text"
    idle: dict[str, Any] = {"content": content, "refusal": None, "tool_calls": []}
    sent = (_stream(chunk(content=""), chunk("stop", **idle)), Recorded(content=json.dumps(chat(**idle)).encode()))
    for stream, reply in zip((True, False), sent, strict=True):
        with replying(reply) as (address, _):
            err = failure(MODEL, request(TURNS), base_url=address, stream=stream)
        assert (err.transient, shown in str(err)) == (False, True), err
    called = {"content": content, "tool_calls": [{"id": "1"}]}
    assert (said(chat(**called)).text, streamed(chunk("stop", **called)).text) == ("", "")
    assert streamed(chunk(content=content, refusal=False), chunk("stop", content="4", reasoning=[])).text == "4"


@pytest.mark.parametrize(
    "content",
    [[{"type": "thinking", "thinking": []}], [{"type": "tool_use", "id": "1"}], [{"type": "text", "text": ""}]],
)
def test_parts_of_known_kinds_may_say_nothing(content: Any) -> None:
    assert (said(chat(content=content)).text, streamed(chunk("stop", content=content)).text) == ("", "")


@pytest.mark.parametrize(
    ("content", "text", "reasoning"),
    [
        ("<think>\n2 and 2\n</think>\n\n4", "4", "2 and 2"),
        ("2 and 2</think>4 </think>", "4 </think>", "2 and 2"),
        ("<think>2 and", "", "2 and"),
        ("4 <think>", "4 <think>", ""),
        ("4", "4", ""),
    ],
)
def test_tags_of_thought_are_taken_out_only_when_asked(content: str, text: str, reasoning: str) -> None:
    output = said(chat(content=content), think_tags=True)
    assert (output.text, output.reasoning) == (text, reasoning)
    plain = said(chat(content=content))
    assert (plain.text, plain.reasoning) == (content, "")


def test_a_refusal_is_an_answer_that_was_filtered() -> None:
    output = said(chat(content=None, refusal="I cannot help with that."))
    assert (output.text, output.stop_reason) == ("I cannot help with that.", "content_filter")


@pytest.mark.parametrize("message", [{"tool_calls": [{"id": "1"}]}, {"reasoning_content": "hm"}, {"refusal": "no"}])
def test_a_message_without_text_says_nothing_or_why(message: dict[str, Any]) -> None:
    for whole in (message, {**message, "content": None}):
        output = said(chat(**whole))
        assert (output.text, output.reasoning) == (message.get("refusal", ""), message.get("reasoning_content", ""))


def test_logprobs_are_read_in_the_form_of_chat_and_in_the_older_one() -> None:
    first = said(chat(content="4", logprobs=CHAT_LOGPROBS), 1).logprobs
    assert first is not None
    assert [(each.token, each.logprob, each.top) for each in first] == [
        ("4", -0.1, (Alternative(token="4", logprob=-0.1),))
    ]
    older = said({"choices": [{"text": "4.", "finish_reason": "stop", "logprobs": TEXT_LOGPROBS}]}, 2).logprobs
    assert older is not None
    assert [(each.token, each.logprob, [other.token for other in each.top]) for each in older] == [
        ("4", -0.1, ["4", "four"]),
        (".", -0.5, []),
    ]


def test_logprobs_of_a_stream_are_put_together_in_either_form() -> None:
    pieces = [chunk(content="4", logprobs=CHAT_LOGPROBS), chunk("stop", content="4", logprobs=CHAT_LOGPROBS)]
    first = streamed(*pieces, logprobs=1)
    assert [each.token for each in first.logprobs or ()] == ["4", "4"]
    piece = {"choices": [{"text": "4.", "finish_reason": "stop", "logprobs": TEXT_LOGPROBS}]}
    assert [each.token for each in streamed(piece, piece, logprobs=1).logprobs or ()] == ["4", ".", "4", "."]


def test_a_logprob_is_a_number_that_can_be_stored() -> None:
    worst = {"content": [{"token": "4", "logprob": float("-inf"), "top_logprobs": []}]}
    found = said(chat(content="4", logprobs=worst), 0).logprobs
    assert found is not None
    assert found[0].logprob == -9999.0
    for logprob in (float("nan"), float("inf")):
        none = {"content": [{"token": "4", "logprob": logprob, "top_logprobs": []}]}
        with pytest.raises(RuntimeFailed, match="something else than a completion"):
            said(chat(content="4", logprobs=none), 0)


@pytest.mark.parametrize("sent", [{"content": [{"token": "4"}]}, CHAT_LOGPROBS, [1]])
def test_logprobs_that_nobody_asked_for_are_not_looked_at(sent: Any) -> None:
    for output in (said(chat(content="4", logprobs=sent)), streamed(chunk("stop", content="4", logprobs=sent))):
        assert (output.text, output.logprobs) == ("4", None)


def test_logprobs_of_no_token_are_none() -> None:
    with pytest.raises(RuntimeFailed, match="log-probabilities were asked for, and the server sent none"):
        said(chat(content="4", logprobs={"content": []}), 1)


@pytest.mark.parametrize(
    ("reason", "ours"),
    [("eos_token", "stop"), ("STOP", "stop"), ("end_turn", "stop"), ("model_length", "length"), ("abort", "unknown")],
)
def test_why_a_model_ended_is_understood_in_the_words_of_other_servers(reason: str, ours: str) -> None:
    assert said(chat(reason, content="4")).stop_reason == ours


def test_a_stream_may_hold_the_answer_as_one_message() -> None:
    output = streamed({"choices": [{"message": {"content": "4", "reasoning": "hm"}, "finish_reason": "stop"}]})
    assert (output.text, output.reasoning) == ("4", "hm")


@pytest.mark.parametrize("delta", [{}, {"delta": None}, {"delta": {}}, {"delta": {"content": ""}}])
def test_a_whole_message_adds_what_was_not_said_before(delta: dict[str, Any]) -> None:
    whole = {"message": {"content": "It is 4", "reasoning": "hm"}, "finish_reason": "stop"}
    end = {"choices": [{**delta, **whole, "logprobs": CHAT_LOGPROBS}]}
    for before in ([], [chunk(content="It is")], [chunk(content="It "), chunk(content="is 4")]):
        output = streamed(*before, end)
        assert (output.text, output.reasoning) == ("It is 4", "hm")
    assert streamed(chunk(content="It is 4."), end).text == "It is 4."
    output = streamed(chunk(content="It is 4", logprobs=CHAT_LOGPROBS), end, logprobs=1)
    assert [each.token for each in output.logprobs or ()] == ["4"]


def test_a_stream_ends_with_usage_and_tells_the_time_to_its_first_token() -> None:
    output = streamed(
        chunk(role="assistant", content=""),
        chunk(content="Grüß"),
        chunk(content=" Gott"),
        chunk("length"),
        {"choices": [], "usage": USAGE},
        "[DONE]",
    )
    assert (output.text, output.stop_reason, output.usage.output_tokens) == ("Grüß Gott", "length", 12)
    assert output.first_token is not None
    assert 0 < output.first_token <= (output.latency or 0)


def test_of_several_streamed_answers_the_first_is_read() -> None:
    def piece(text: str, **of: Any) -> dict[str, Any]:
        return {"choices": [{"delta": {"content": text}, "finish_reason": "stop" if text == "4." else None, **of}]}

    both = streamed(piece("It is ", index=0), piece("Five, I ", index=1), piece("4.", index=0), piece("think", index=1))
    assert both.text == "It is 4."
    assert streamed(piece("It is ", index=1), piece("no", index=0), piece("4.")).text == "It is 4."


def test_a_stream_may_count_its_tokens_in_the_place_of_groq() -> None:
    output = streamed(chunk(content="4"), chunk("stop") | {"x_groq": {"id": "req_1", "usage": USAGE}})
    assert (output.usage.input_tokens, output.usage.output_tokens) == (30, 12)
    bare = streamed(chunk("stop", content="4") | {"x_groq": {"id": "req_1"}, "usage": USAGE})
    assert bare.usage.output_tokens == 12


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ({"choices": []}, "`choices` is [], not a list of at least one object"),
        ({"choices": [{"message": 3}]}, "`choices[0].message` is 3, not an object"),
        ({"choices": [{"text": 3}]}, "`choices[0].text` is 3, not a text"),
        ({"choices": [{"message": {"content": 42}}]}, "`choices[0].message.content` is 42, not a text"),
        ({"choices": [{"message": {"content": False}}]}, "`choices[0].message.content` is false, not a text"),
        ({"choices": [{"text": []}]}, "`choices[0].text` is [], not a text"),
        (
            {"choices": [{"message": {"content": [{"type": "text", "text": 42}]}}]},
            "`choices[0].message.content[0].text` is 42, not a text",
        ),
        ({"choices": [{"message": {}}]}, '{"choices": [{"message": {}}]} (without `choices[0].message.content`)'),
        ({"choices": [{"message": {"content": ["\x1b[2J"]}}]}, r'content` is ["\u001b[2J"], not a text'),
    ],
)
def test_a_field_that_is_not_what_it_should_be_is_named(reply: dict[str, Any], message: str) -> None:
    whole = {"choices": [{"message": {"content": "4"}}], **reply}
    with replying(Recorded(content=json.dumps(whole).encode())) as (address, _):
        err = failure(MODEL, request(TURNS), base_url=address)
    assert (err.transient, message in str(err), len(str(err)) < 500) == (False, True, True), err


def test_a_field_of_a_stream_is_named_too() -> None:
    for bad, message in (
        ({"delta": {"content": 7}}, "`choices[0].delta.content` is 7, not a text"),
        ({"delta": {"content": False}}, "`choices[0].delta.content` is false, not a text"),
        ({"text": 7}, "`choices[0].text` is 7, not a text"),
    ):
        with replying(_stream({"choices": [bad]})) as (address, _):
            assert message in str(failure(MODEL, request(TURNS), base_url=address, stream=True))


@pytest.mark.parametrize(
    ("usage", "trouble"),
    [
        ({"prompt_tokens": -5, "completion_tokens": 3}, "`usage.prompt_tokens` is -5, not a number of tokens"),
        ({"completion_tokens": 10**30}, f"`usage.completion_tokens` is {10**30}, not a number of tokens"),
        ({"prompt_tokens": "x" * 999}, f'`usage.prompt_tokens` is "{"x" * 119}…, not a number of tokens'),
        ({"prompt_tokens_details": 7}, "`usage.prompt_tokens_details` is 7, not an object"),
        ("much", '`usage` is "much", not an object'),
    ],
)
def test_an_answer_whose_tokens_are_counted_wrongly_is_an_answer_and_that_is_told_once(
    usage: Any, trouble: str
) -> None:
    whole = Recorded(content=json.dumps({**chat(content="4"), "usage": usage}).encode())
    pieces = _stream(chunk("stop", content="4"), {"choices": [], "usage": usage})
    for reply, stream in ((whole, False), (pieces, True)):
        with replying(reply) as (address, _):
            outputs, troubles = answered(MODEL, [request(TURNS)] * 3, base_url=address, stream=stream)
        assert {(output.text, output.usage) for output in outputs} == {("4", Usage())}
        assert [(trouble in told, len(told) < 500) for told in troubles] == [(True, True)]


def test_a_field_that_holds_the_key_does_not_tell_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "k" * 90)
    key = "Bearer " + "k" * 90
    wrong = Recorded(content=json.dumps({"choices": [{"text": {"said": key}}]}).encode())
    miscounted = Recorded(content=json.dumps({"choices": [{"text": "4"}], "usage": {"prompt_tokens": key}}).encode())
    with replying(wrong) as (address, _):
        err = failure(MODEL, request(TURNS), base_url=address, api_key_env="A_KEY")
    with replying(miscounted) as (address, _):
        _, [trouble] = answered(MODEL, [request(TURNS)], base_url=address, api_key_env="A_KEY")
    assert '`choices[0].text` is {"said": "Bearer ***"}, not a text' in str(err)
    assert '`usage.prompt_tokens` is "Bearer ***", not a number of tokens' in trouble


@pytest.mark.parametrize(
    ("reply", "transient", "message"),
    [
        ({"error": {"message": "rate limited", "code": 429}}, True, "answered with an error: rate limited"),
        ({"error": {"message": "too long", "code": 400}}, False, "answered with an error: too long"),
        ({"choices": [], "error": {"message": "down", "type": "server_error"}}, True, "answered with an error: down"),
        ({"choices": [{"error": {"message": "away", "code": 502}, "text": ""}]}, True, "answered with an error: away"),
        ({"object": "error", "message": "too long", "type": "BadRequestError", "code": 400}, False, "error: too long"),
        (chat("error", content="half"), True, "answered with an error: `finish_reason` is error"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_that_comes_with_the_status_of_an_answer_is_no_answer(
    reply: dict[str, Any], transient: bool, message: str, stream: bool
) -> None:
    for sent in (Recorded(content=json.dumps(reply).encode()), *([_stream(reply)] if stream else [])):
        with replying(sent) as (address, _):
            err = failure(MODEL, request(TURNS), base_url=address, stream=stream)
        assert (err.transient, message in str(err)) == (transient, True), err


def test_a_server_that_does_not_stream_is_asked_once_all_the_same() -> None:
    output = said(chat(content="Grüß Gott"), stream=True)
    assert (output.text, output.usage.output_tokens, output.first_token) == ("Grüß Gott", 12, None)
    with replying(Recorded(content=b'{"error": "what"}')) as (address, requests):
        err = failure(MODEL, request(TURNS), base_url=address, stream=True)
    assert not err.transient
    assert len(requests) == 1


@pytest.mark.parametrize("before", [" \n\n", "\ufeff"])
def test_what_does_not_stream_may_send_blanks_first(before: str) -> None:
    sent = Recorded(content=before.encode() + json.dumps(chat(content="4")).encode())
    with replying(sent) as (address, _):
        assert answer(MODEL, request(TURNS), base_url=address, stream=True).text == "4"


def test_a_stream_that_is_cut_off_anywhere_is_asked_for_again() -> None:
    content = _stream(chunk(content="A"), chunk(content=" 4"), chunk("stop"), {"choices": [], "usage": USAGE}).bytes
    cuts = [content[:end] for end in range(len(content))]
    with replying(*(Recorded(content=cut) for cut in cuts)) as (address, _):
        for cut in cuts:
            try:
                text, transient = answer(MODEL, request(TURNS), base_url=address, stream=True).text, True
            except RuntimeFailed as err:
                text, transient = "", err.transient
            assert text in ("", "A 4"), cut
            assert transient, cut


WHOLE = json.dumps({"a": "x中\n", "b": [-1.5e-7, True, None, {"c": -float("inf")}], "d": {}})


@pytest.mark.parametrize("end", range(1, len(WHOLE)))
def test_an_answer_that_breaks_off_is_asked_for_again(end: int) -> None:
    with replying(Recorded(content=WHOLE[:end].encode())) as (address, _):
        err = failure(MODEL, request(TURNS), base_url=address)
    assert (err.transient, "breaks off: {" in str(err)) == (True, True)


@pytest.mark.parametrize(
    "whole",
    ['{"choices": oops}', "[1", "<html>", "{}x", '{"a": 1}}', '{"a": abc}', '{"a": 1,}', '{"a":"b"c"}', '{"a":"\\q"}'],
)
def test_what_is_whole_and_no_answer_is_not_asked_for_again(whole: str) -> None:
    with replying(Recorded(content=whole.encode())) as (address, _):
        err = failure(MODEL, request(TURNS), base_url=address)
    assert (err.transient, "something else than a completion" in str(err)) == (False, True)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_lines_of_a_stream_end_in_any_way_and_wherever_they_are_cut(end: str) -> None:
    sent = f": ping{end}{end}data: a{end}data: b{end}{end}data: c{end}{end}".encode()
    for size in range(1, len(sent)):
        reader = EventReader()
        pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
        found = [event for piece in (*pieces, b"") for event in reader.read(piece)] + [*reader.end()]
        assert found == [b"a\nb", b"c"], (size, found)


@pytest.mark.parametrize(
    "lines",
    [
        ["\ufeffdata: {}"],
        ["data: {}", "data:  [DONE] "],
        [": ping", "data: ", "data:", "event: x\r\nid: 3\r\ndata: {}", "data: [DONE]"],
    ],
)
def test_what_stands_around_the_events_of_a_stream_is_passed_over(lines: list[str]) -> None:
    event = json.dumps(chunk("stop", content="4"))
    sent = Recorded(content="".join(f"{line.replace('{}', event)}\r\n\r\n" for line in lines).encode())
    with replying(sent) as (address, _):
        assert answer(MODEL, request(TURNS), base_url=address, stream=True).text == "4"


def test_a_page_in_place_of_a_stream_is_told_and_not_asked_for_again() -> None:
    with replying(Recorded(content=b"\n<html>please log in</html>")) as (address, _):
        err = failure(MODEL, request(TURNS), base_url=address, stream=True)
    assert not err.transient
    assert "something else than a completion: <html>please log in" in str(err)


@pytest.mark.parametrize(
    ("chunks", "transient", "message"),
    [
        ([chunk(content="Half")], True, "ended before the answer did"),
        ([chunk(content="Half"), "[DONE]"], True, "ended before the answer did"),
        ([chunk(content="Half"), {"error": {"message": "oops", "code": 500}}], True, "answered with an error: oops"),
        ([{"error": {"message": "too long", "code": 400}}], False, "answered with an error: too long"),
        ([{"error": {"message": "down", "type": "server_error"}}], True, "answered with an error: down"),
        ([{"error": "what"}], False, "answered with an error: what"),
        (["{}\n\nevent: error\ndata: server is overloaded"], True, "answered with an error: server is overloaded"),
        (['{}\n\nevent:error\ndata: {"message": "too long", "code": 400}'], False, "answered with an error: too long"),
        (['{}\n\nevent: error\ndata: {"error": {"message": "no"}}'], False, "answered with an error: no"),
        (["{}\n\nevent: error\ndata: the engine died"], True, "answered with an error: the engine died"),
        (["<html>"], False, "something else than a completion: <html>"),
        ([{"choices": [{"delta": {"content": 7}, "finish_reason": "stop"}]}], False, "something else than a compl"),
        ([chunk("stop", content="x" * 17_000_000)], False, "more than 16 MiB"),
    ],
)
def test_a_stream_that_fails_says_whether_another_try_makes_sense(
    chunks: list[Any], transient: bool, message: str
) -> None:
    with replying(_stream(*chunks)) as (address, _):
        err = failure(MODEL, request(TURNS), base_url=address, stream=True)
    assert err.transient is transient
    with pytest.raises(RuntimeFailed, match=message):
        raise err
