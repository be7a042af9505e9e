"""OpenAI's wire format, given and taken exactly; whatever else is asked gets a complaint."""

import asyncio
import json
import logging
import socket
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from benchbook import GenerateConfig, Message, ModelSpec, Prompt
from benchbook.errors import PluginError, SpecError
from benchbook.protocols import Request
from benchbook.service.gateway import Address, check, opened
from plugins.runtimes.asking import answer, failure, preflight
from plugins.runtimes.recorded import Recorded, replying
from service.gateways import SLOW, Client, gateway

ONE = "storyteller/one"
HELLO = {"model": ONE, "messages": [{"role": "user", "content": "abc"}]}
TEXT = {"model": ONE, "prompt": "abc"}
READ = {"temperature": 0, "max_tokens": 1, "logprobs": 1, "echo": True}
"""How lm-eval asks for log-likelihoods."""


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A file of answers, for `replay`."""
    file = tmp_path / "answers.jsonl"
    file.write_text('{"key": "s1", "completion": "recorded"}')
    return file


def chat(client: Client, **more: Any) -> Any:
    reply = client.post("/chat/completions", {**HELLO, **more})
    assert reply.status == 200, reply.text
    return reply.json


def complete(client: Client, **more: Any) -> Any:
    reply = client.post("/completions", {**TEXT, **more})
    assert reply.status == 200, reply.text
    return reply.json


def refusal(client: Client, path: str, document: object) -> Any:
    reply = client.post(path, document)
    assert reply.status == 400, reply.text
    assert reply.headers["x-should-retry"] == "false"
    assert reply.json["error"]["type"] == "invalid_request_error"
    return reply.json["error"]


def test_a_chat_is_answered_as_openai_does() -> None:
    with gateway() as client:
        reply = chat(client)
    assert reply.pop("id").startswith("chatcmpl-")
    assert reply.pop("created") > 1_700_000_000
    assert reply.pop("system_fingerprint").startswith("fp_")
    assert reply == {
        "object": "chat.completion",
        "model": ONE,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "abc", "refusal": None, "reasoning_content": "hm"},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 3,
            "completion_tokens": 3,
            "total_tokens": 6,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


def test_a_stream_comes_in_pieces_and_its_usage_at_the_end() -> None:
    with gateway() as client:
        asked = {**HELLO, "stream": True, "stream_options": {"include_usage": True}}
        reply = client.post("/chat/completions", asked)
    assert reply.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    *pieces, last = reply.events
    assert {(piece["object"], piece["usage"], len(piece["choices"])) for piece in pieces} == {
        ("chat.completion.chunk", None, 1)
    }
    assert [piece["choices"][0]["delta"] for piece in pieces] == [
        {"role": "assistant", "content": "", "refusal": None},
        {"content": "a"},
        {"content": "b"},
        {"content": "c"},
        {"reasoning_content": "hm"},
        {},
    ]
    assert [piece["choices"][0]["finish_reason"] for piece in pieces] == [None] * 5 + ["stop"]
    assert (last["choices"], last["usage"]["total_tokens"]) == ([], 6)


def test_a_runtime_that_tells_nothing_is_streamed_in_one_piece() -> None:
    with gateway("mock/m", replies="all at once") as client:
        events = client.post("/completions", {"model": "mock/m", "prompt": "x", "stream": True}).events
    assert [event["choices"] for event in events] == [
        [{"index": 0, "text": "all at once", "logprobs": None, "finish_reason": None}],
        [{"index": 0, "text": "", "logprobs": None, "finish_reason": "stop"}],
    ]


def test_log_probabilities_of_a_chat_come_with_bytes() -> None:
    with gateway() as client:
        reply = chat(client, messages=[{"role": "user", "content": "aé"}], logprobs=True, top_logprobs=1)
    first, second = reply["choices"][0]["logprobs"]["content"]
    top = {"token": "a", "logprob": -1.0, "bytes": [97]}
    assert first == {**top, "top_logprobs": [top]}
    assert second["bytes"] == [0xC3, 0xA9]


def test_an_echo_tells_how_likely_a_prompt_is() -> None:
    with gateway() as client:
        [choice] = complete(client, echo=True, logprobs=1, max_tokens=0)["choices"]
    assert choice == {
        "index": 0,
        "text": "abc",
        "logprobs": {
            "tokens": ["a", "b", "c"],
            "token_logprobs": [None, -2.0, -3.0],
            "top_logprobs": [None, {"a": -1.0, "b": -2.0}, {"a": -1.0, "c": -3.0}],
            "text_offset": [0, 1, 2],
        },
        "finish_reason": "length",
    }


def test_lm_evals_request_gets_the_prompts_tokens_and_the_likeliest_next() -> None:
    with gateway() as client:
        reply = complete(client, **READ, prompt=[[97, 98], [99, 98, 97]], seed=1234)
    told = [choice["logprobs"]["token_logprobs"] for choice in reply["choices"]]
    assert told == [[None, -2.0, -1.0], [None, -2.0, -1.0, -1.0]]
    assert [choice["text"] for choice in reply["choices"]] == ["aba", "cbaa"]
    assert reply["usage"]["prompt_tokens"] == 5


def test_a_streamed_echo_comes_first_and_offsets_go_on() -> None:
    with gateway() as client:
        asked = {**TEXT, "echo": True, "logprobs": 0, "max_tokens": 3, "stream": True}
        choices = [event["choices"][0] for event in client.post("/completions", asked).events]
    assert [choice["text"] for choice in choices] == ["abc", "a", "b", "c", ""]
    assert [choice["logprobs"]["text_offset"] for choice in choices[:4]] == [[0, 1, 2], [3], [4], [5]]


def test_tokens_are_answered_as_text_is() -> None:
    with gateway() as client:
        reply = complete(client, prompt=[[97, 98], [99]], echo=True, max_tokens=4)
        assert [choice["text"] for choice in reply["choices"]] == ["abab", "cc"]
        silent = complete(client, prompt=[[97, 98], [99]], echo=True, max_tokens=0)
        assert [choice["text"] for choice in silent["choices"]] == ["ab", "c"]
        assert silent["usage"]["prompt_tokens"] == 3
        assert complete(client, echo=True, max_tokens=0)["usage"]["prompt_tokens"] == 4
    with gateway("mock/m") as client:
        error = refusal(client, "/completions", {"model": "mock/m", "prompt": [97]})
    assert (error["param"], "tokenized_requests=False" in error["message"]) == ("prompt", True)


def test_tokens_are_told_as_vllm_does() -> None:
    with gateway() as client:
        here = replace(client, base_url=client.base_url.removesuffix("/v1"))
        assert here.get("/tokenizer_info").json == {"bos_token": "^", "eos_token": "$"}
        assert here.post("/tokenize", {"prompt": "ab"}).json == {"count": 3, "tokens": [94, 97, 98]}
        assert here.post("/tokenize", {"prompt": "ab", "add_special_tokens": False}).json["tokens"] == [97, 98]
        assert here.post("/detokenize", {"tokens": [97, 98], "model": ONE}).json == {"prompt": "ab"}
        assert refusal(here, "/tokenize", {"prompt": "a", "return_token_strs": True})["param"] == "return_token_strs"
    with gateway(ONE, "mock/m") as client:
        here = replace(client, base_url=client.base_url.removesuffix("/v1"))
        assert "say which" in refusal(here, "/tokenize", {"prompt": "a"})["message"]
        assert here.get(f"/tokenizer_info?model={ONE}").status == 200
        assert "does not tell" in here.get("/tokenizer_info?model=mock/m").json["error"]["message"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"prompt": []}, "an empty list"),
        ({"prompt": [[]]}, "no tokens"),
        ({"max_tokens": 0}, "without `echo`"),
    ],
)
def test_text_that_cannot_be_continued_is_refused(more: dict[str, Any], message: str) -> None:
    with gateway() as client:
        assert message in refusal(client, "/completions", {**TEXT, **more})["message"]


def test_a_runtime_that_cannot_tell_how_likely_a_prompt_is_says_so(recorded: Path) -> None:
    with gateway("replay/r", file=str(recorded)) as client:
        error = refusal(client, "/completions", {"model": "replay/r", "prompt": "x", "echo": True, "logprobs": 1})
    assert (error["param"], "replay/r cannot tell how likely" in error["message"]) == ("echo", True)


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"logprobs": True}, "logprobs"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"reasoning_effort": "low"}, "reasoning_effort"),
    ],
)
def test_what_a_runtime_has_not_is_refused(more: dict[str, Any], param: str) -> None:
    with gateway("mock/m") as client:
        assert refusal(client, "/chat/completions", {**HELLO, "model": "mock/m", **more})["param"] == param


def test_log_probabilities_that_do_not_come_are_refused(recorded: Path) -> None:
    asked = {**HELLO, "model": "replay/r", "metadata": {"sample": "s1"}}
    with gateway("replay/r", file=str(recorded)) as client:
        error = refusal(client, "/chat/completions", {**asked, "logprobs": True})
        assert chat(client, **asked)["choices"][0]["message"]["content"] == "recorded"
    assert (error["param"], "replay/r tells no log-probabilities" in error["message"]) == ("logprobs", True)


def test_an_answer_of_the_mock_is_as_long_as_was_asked_for() -> None:
    with gateway("mock/m", replies="one two END three") as client:
        [cut] = chat(client, model="mock/m", max_tokens=1)["choices"]
        [stopped] = chat(client, model="mock/m", stop=["END"])["choices"]
    assert (cut["message"]["content"], cut["finish_reason"]) == ("one", "length")
    assert (stopped["message"]["content"], stopped["finish_reason"]) == ("one two ", "stop")


def test_several_answers_have_seeds_of_their_own_and_the_prompt_counts_once() -> None:
    with gateway("mock/m", replies=["one", "two", "three"]) as client:
        reply = chat(client, model="mock/m", n=3, seed=7)
    assert {choice["message"]["content"] for choice in reply["choices"]} == {"one", "two", "three"}
    assert [choice["index"] for choice in reply["choices"]] == [0, 1, 2]
    assert (reply["usage"]["prompt_tokens"], reply["usage"]["completion_tokens"]) == (1, 3)


def test_a_recorded_answer_is_found_by_the_sample_that_the_metadata_names() -> None:
    with gateway("mock/m", by_sample={"s1": "for s1"}) as client:
        reply = chat(client, model="mock/m", metadata={"sample": "s1"})
    assert reply["choices"][0]["message"]["content"] == "for s1"


@pytest.mark.parametrize(
    "more",
    [
        {"user": "me", "metadata": {"a": "b"}, "store": False, "service_tier": "auto", "prompt_cache_key": "k"},
        {"frequency_penalty": 0, "presence_penalty": 0.0, "logit_bias": {}, "tools": [], "n": None, "stop": None},
        {"messages": [{"role": "developer", "content": "x"}, {"role": "user", "content": "abc", "name": None}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "abc"}]}]},
        {"response_format": {"type": "text"}, "max_tokens": 5, "max_completion_tokens": 5},
    ],
)
def test_what_changes_no_answer_is_taken(more: dict[str, Any]) -> None:
    with gateway() as client:
        assert chat(client, **more)["choices"][0]["message"]["content"] == "abc"


def test_an_answer_can_be_sent_back_as_it_came() -> None:
    with gateway() as client:
        said = chat(client)["choices"][0]["message"]
        turns = [*HELLO["messages"], {**said, "tool_calls": None, "annotations": []}, {"role": "user", "content": "d"}]
        assert chat(client, messages=turns)["choices"][0]["message"]["content"] == "d"


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"frequency_penalty": 0.5}, "frequency_penalty"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"store": True}, "store"),
        ({"temprature": 1}, "temprature"),
        ({"temperature": 3}, "temperature"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 2, "max_completion_tokens": 3}, "max_tokens"),
        ({"n": 1000}, "n"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        ({"response_format": {"type": "json_schema", "json_schema": {"schema": {}, "shema": 1}}}, "response_format"),
        ({"reasoning_effort": "xhigh"}, "reasoning_effort"),
        ({"stop": ""}, "stop"),
        ({"stop": ["x", ""]}, "stop"),
        ({"seed": 2**64}, "seed"),
        ({"max_tokens": 10**20}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages"),
        ({"stream_options": {"include_usages": True}}, "stream_options"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
    ],
)
def test_a_parameter_that_cannot_be_heeded_is_refused_by_name(more: dict[str, Any], param: str) -> None:
    with gateway() as client:
        assert refusal(client, "/chat/completions", {**HELLO, **more})["param"] == param


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"messages": []}, "messages: needs at least one, and is empty"),
        ({"messages": 1}, "messages: expected a list, got 1"),
        ({"stop": 3}, "stop: expected a valid string, got 3"),
        ({"stop": ""}, "stop: is an empty text"),
        ({"stop": ["x", ""]}, "stop[1]: is an empty text"),
        ({"model": "\ud800"}, "a text holds half of a character (a lone surrogate), or lists are nested too deeply"),
    ],
)
def test_a_mistake_is_told_in_jsons_words(more: dict[str, Any], message: str) -> None:
    with gateway() as client:
        assert refusal(client, "/chat/completions", {**HELLO, **more})["message"] == message


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000, b'{"model": "\\ud800"}'])
def test_a_body_that_makes_no_sense_is_refused(body: bytes) -> None:
    with gateway() as client:
        assert client.send("/chat/completions", body).status == 400


def test_a_parameter_that_is_there_twice_is_refused_by_name() -> None:
    body = b'{"model": "storyteller/one", "messages": [{"role": "user", "content": "a"}], "seed": 1, "seed": 2}'
    with gateway() as client:
        reply = client.send("/chat/completions", body)
        assert (reply.status, reply.json["error"]["param"]) == (400, "seed")


def test_tokens_that_no_model_has_are_refused() -> None:
    with gateway() as client:
        for tokens in ([-1], [2**40], [[97], [-1]]):
            assert refusal(client, "/completions", {**TEXT, "prompt": tokens})["param"] == "prompt"


def test_a_body_that_cannot_be_unpacked_is_refused() -> None:
    with gateway() as client:
        reply = client.send("/chat/completions", b"abc", Content_Encoding="gzip")
    assert (reply.status, reply.json["error"]["type"]) == (400, "invalid_request_error")


_POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"NONSENSE\xff\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        _POST + b"Content-Type: a\r\nContent-Type: b\r\nContent-Length: 2\r\n\r\n{}",
        _POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
        _POST + b"Content-Encoding: gzip\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
    ],
)
def test_what_is_no_request_gets_a_complaint_and_fills_no_log(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with gateway() as client:
        parts = urlsplit(client.base_url)
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as raw:
            raw.sendall(sent)
            head, _, body = b"".join(iter(lambda: raw.recv(65536), b"")).partition(b"\r\n\r\n")
        error = json.loads(body)["error"]
        assert (head[8:13], error["type"], "\n" in error["message"]) == (b" 400 ", "invalid_request_error", False)
        assert len(error["message"]) < 300
        assert client.get("/models").status == 200
    assert not [record for record in caplog.records if record.levelno > logging.DEBUG]


def test_a_body_that_breaks_off_when_its_request_is_under_way_is_told_at_once() -> None:
    with gateway() as client:
        parts = urlsplit(client.base_url)
        with socket.create_connection((parts.hostname, parts.port), timeout=30) as raw:
            raw.sendall(_POST + b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n")
            assert raw.recv(65536).startswith(b"HTTP/1.1 100 ")  # its handler waits for the body
            raw.sendall(b"2\r\n{ \r\n")
            raw.sendall(b"zz\r\n")
            head, _, body = b"".join(iter(lambda: raw.recv(65536), b"")).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert json.loads(body)["error"]["message"].startswith("the body cannot be read; send it whole")


def test_what_a_request_expects_and_is_not_to_be_had_is_told_as_all_mistakes_are() -> None:
    with gateway() as client:
        for path in ("/chat/completions", "/nowhere"):
            reply = client.post(path, HELLO, Expect="banana")
            assert (reply.status, reply.json["error"]["type"]) == (417, "invalid_request_error")


def test_a_body_that_is_too_large_is_refused() -> None:
    with gateway() as client:
        reply = client.send("/chat/completions", b"x" * (16 * 2**20 + 1))
    assert (reply.status, reply.json["error"]["type"]) == (413, "invalid_request_error")


def test_models_are_listed_and_shown_and_others_are_not_there() -> None:
    with gateway(ONE, "storyteller/two") as client:
        assert [model["id"] for model in client.get("/models").json["data"]] == [ONE, "storyteller/two"]
        for path in ("/models/storyteller/two", "/models/storyteller%2Ftwo"):
            assert client.get(path).json["owned_by"] == "storyteller"
        missing = client.post("/chat/completions", {**HELLO, "model": "gpt"})
        assert (missing.status, missing.json["error"]["code"]) == (404, "model_not_found")
        assert client.get("/models/gpt").status == 404
        assert client.get("/engines").json["error"]["message"] == "Not Found: GET /v1/engines"
        assert client.get("/completions").status == 405


def test_a_complaint_does_not_send_back_all_that_was_sent() -> None:
    long = "x" * 100_000
    with gateway() as client:
        missing = client.post("/chat/completions", {**HELLO, "model": long})
        unknown = client.post("/chat/completions", {**HELLO, long: 1})
    assert (missing.status, len(missing.text) < 3000, "there are: storyteller/one" in missing.text) == (404, True, True)
    assert (unknown.status, len(unknown.text) < 3000) == (400, True)


def test_a_key_is_asked_for_but_for_the_health() -> None:
    with gateway(key="sesame") as client:
        assert client.get("/models").status == 200
        for wrong in ("", "Bearer", "Bearer nonsense", "Basic sesame", "Bearer sesamé"):
            reply = client.get("/models", Authorization=wrong)
            assert (reply.status, reply.json["error"]["code"]) == (401, "invalid_api_key"), wrong
        outside = replace(client, base_url=client.base_url.removesuffix("/v1"))
        assert outside.get("/health", Authorization="").json == {"status": "ok"}


def test_a_web_page_cannot_use_a_server_without_a_key() -> None:
    with gateway() as client:
        for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Host": "evil.example:8000"}):
            assert client.post("/chat/completions", HELLO, **headers).status == 403
        assert client.post("/chat/completions", HELLO, Host="localhost:1").status == 200
        reply = client.get("/models")
    assert not [name for name in reply.headers if name.lower().startswith("access-control")]
    assert reply.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("failure", "status", "headers"),
    [
        ({"transient": True}, 503, {"Retry-After": "1"}),
        ({"transient": True, "retry_after": 2.5}, 503, {"Retry-After": "3"}),
        ({"transient": False}, 400, {"x-should-retry": "false"}),
    ],
)
def test_a_model_that_fails_says_whether_another_try_makes_sense(
    failure: dict[str, Any], status: int, headers: dict[str, str]
) -> None:
    with gateway("mock/m", fail=[{"call": 1, "message": "no way", **failure}]) as client:
        reply = client.post("/chat/completions", {**HELLO, "model": "mock/m", "stream": True})
        assert client.post("/chat/completions", {**HELLO, "model": "mock/m"}).status == 200
    assert (reply.status, reply.json["error"]["message"]) == (status, "no way")
    assert headers.items() <= reply.headers.items()


def test_a_client_that_hangs_up_cancels_its_request() -> None:
    SLOW.clear()
    asked = b'{"model": "storyteller/one", "prompt": "forever"}'
    with gateway() as client:
        with socket.create_connection(("127.0.0.1", _port(client))) as line:
            head = f"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(asked)}\r\n\r\n"
            line.sendall(head.encode() + asked)
            assert not SLOW.wait(0.3)
        assert SLOW.wait(30)


def test_requests_wait_for_the_runtimes_slots() -> None:
    SLOW.clear()
    with gateway() as client:
        asked = b'{"model": "storyteller/one", "prompt": ["forever", "forever"]}'
        done = threading.Event()
        with socket.create_connection(("127.0.0.1", _port(client))) as line:
            head = f"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(asked)}\r\n\r\n"
            line.sendall(head.encode() + asked)
            assert not SLOW.wait(0.3)
            waiting = threading.Thread(target=lambda: done.set() if complete(client) else None)
            waiting.start()
            assert not done.wait(0.3)
        waiting.join(30)
        assert done.is_set()


def test_our_own_runtime_speaks_with_the_gateway() -> None:
    with gateway(ONE) as client:
        preflight(f"openai-compatible/{ONE}", base_url=client.base_url)
        config = GenerateConfig(max_tokens=9, temperature=0.0, seed=3, stop=("x",), top_p=0.5)
        prompts: list[Prompt] = ["abc", (Message(role="system", content="x"), Message(role="user", content="abc"))]
        for prompt in prompts:
            output = answer(f"openai-compatible/{ONE}", Request(prompt, config, "s", 1), base_url=client.base_url)
            assert (output.text, output.stop_reason, output.usage.output_tokens) == ("abc", "stop", 3)
    with gateway("mock/m", fail=[{"call": 1, "retry_after": 2.0}]) as client:
        err = failure("openai-compatible/mock/m", base_url=client.base_url)
        assert (err.transient, err.retry_after) == (True, 2.0)


def test_tokens_that_the_server_behind_it_does_not_count_are_not_0() -> None:
    reply = {"choices": [{"message": {"content": "a"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": -5}}
    name, counted = "openai-compatible/x", {"stream": True, "stream_options": {"include_usage": True}}
    with (
        replying(Recorded(content=json.dumps(reply).encode())) as (address, _),
        gateway(name, base_url=address) as client,
    ):
        assert chat(client, model=name)["usage"] is None
        events = client.post("/chat/completions", {**HELLO, "model": name, **counted}).events
    assert {event["usage"] for event in events} == {None}


def test_a_gateway_to_a_gateway_gives_what_the_first_gives() -> None:
    with gateway() as inner, gateway(f"openai-compatible/{ONE}", base_url=inner.base_url) as outer:
        name = {"model": f"openai-compatible/{ONE}"}
        for path, asked in (
            ("/chat/completions", {**HELLO, "logprobs": True, "top_logprobs": 1}),
            ("/completions", {**TEXT, "logprobs": 1, "max_tokens": 3}),
            ("/completions", {**TEXT, "logprobs": 1, "max_tokens": 0, "echo": True}),
            ("/completions", {**TEXT, **READ, "prompt": [[97, 98], [99]]}),
        ):
            first, second = (client.post(path, {**asked, **more}).json for client, more in ((inner, {}), (outer, name)))
            assert first["choices"] == second["choices"]
            assert first["usage"] == second["usage"]
        streamed = {**HELLO, **name, "stream": True, "logprobs": True}
        told = [
            event["choices"][0]["delta"].get("content") for event in outer.post("/chat/completions", streamed).events
        ]
        assert [text for text in told if text] == ["a", "b", "c"]


def test_what_the_models_server_cannot_heed_is_refused_by_the_clients_name_for_it() -> None:
    with gateway() as inner, gateway(f"openai-compatible/{ONE}", base_url=inner.base_url, server="tgi") as client:
        name = f"openai-compatible/{ONE}"
        effort = refusal(client, "/chat/completions", {**HELLO, "model": name, "reasoning_effort": "low"})
        top_k = refusal(client, "/chat/completions", {**HELLO, "model": name, "top_k": 5})
    assert (effort["param"], top_k["param"]) == ("reasoning_effort", "top_k")
    assert "TGI has no top_k" in top_k["message"]


def test_an_open_door_needs_a_key() -> None:
    models = [ModelSpec(model=ONE)]
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        with pytest.raises(SpecError, match="--api-key-env"):
            check(models, Address(host))
        check(models, Address(host, key="sesame"))
    check(models, Address("::1"))


def test_models_are_checked_before_any_is_loaded() -> None:
    for model, message in (("storytellr/one", "did you mean"), ("mock/m", "latency")):
        with pytest.raises(SpecError, match=message):
            check([ModelSpec(model=model, args={"latency": -1.0} if model == "mock/m" else {})], Address())
    with pytest.raises(SpecError, match="named twice"):
        check([ModelSpec(model=ONE)] * 2, Address())


def test_a_port_that_is_taken_is_told_before_any_model_is_loaded() -> None:
    with gateway() as client, pytest.raises(PluginError, match="--port"):
        _open_at(_port(client))


def _port(client: Client) -> int:
    return int(client.base_url.removesuffix("/v1").rpartition(":")[2])


def _open_at(port: int) -> None:
    async def open_it() -> None:
        async with opened([ModelSpec(model=ONE)], Address(port=port)):
            pass

    asyncio.run(open_it())
