"""A real llama.cpp server over HTTP, and a small one that misbehaves on request."""

import asyncio
import gzip
import json
import re
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web

from benchbook import GenerateConfig, Message, PluginError, RuntimeFailed, SpecError
from benchbook.plugins.runtimes.server import Server, no_such_model
from benchbook.settings import Settings
from benchbook.specs.weights import weights
from plugins.runtimes.asking import GREEDY, answer, facts, failure, likelihoods_of, preflight, request
from plugins.runtimes.servers import llama_server, saying, served

KEY = "sk-very-secret-0123456789"
TURNS = (Message(role="user", content="Write a Python function that reverses a string."),)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", KEY)
    monkeypatch.setenv("WRONG_KEY", "sk-wrong")


# --- a real server ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def llama(embedded_model_home: Settings) -> Iterator[dict[str, Any]]:
    """Arguments with which the runtime reaches SmolLM2."""
    with llama_server(weights("smollm2-135m").path(embedded_model_home.models), KEY) as address:
        yield {"base_url": f"{address}/v1", "api_key_env": "A_KEY"}


@pytest.fixture(scope="module")
def model(embedded_model_home: Settings) -> str:
    """The server calls the model by its path."""
    return f"openai-compatible/{weights('smollm2-135m').path(embedded_model_home.models)}"


def test_a_real_server_passes_the_preflight_and_answers(llama: dict[str, Any], model: str) -> None:
    preflight(model, **llama)
    chat = answer(model, request(TURNS), **llama)
    text = answer(model, request("def add(a, b):\n    return"), **llama)
    assert "```python" in chat.text
    assert "```" not in text.text
    for said, tokens in ((chat, 40), (text, 9)):
        assert (said.usage.input_tokens, said.usage.output_tokens) == (tokens, GREEDY.max_tokens)
        assert said.stop_reason == "length"
        assert (said.latency or 0) > 0


def test_it_says_the_same_over_http_as_in_process(llama: dict[str, Any], model: str) -> None:
    prompt = request("def is_even(n):\n    return")
    assert answer(model, prompt, **llama).text == answer("llamacpp/smollm2-135m", prompt, threads=1).text


def test_stop_sequences_reach_the_server(llama: dict[str, Any], model: str) -> None:
    said = answer(model, request("def add(a, b):\n    return", config=GenerateConfig(stop=("\n",))), **llama)
    assert said.stop_reason == "stop"
    assert "\n" not in said.text


def test_a_wrong_or_missing_key_is_told_before_anything_is_asked(llama: dict[str, Any], model: str) -> None:
    with pytest.raises(PluginError, match=r"answered 401 \(.*\): it does not take the key that `api_key_env` names"):
        preflight(model, **llama | {"api_key_env": "WRONG_KEY"})
    with pytest.raises(PluginError, match=r"answered 401 \(.*\): name the key in `api_key_env`"):
        preflight(model, base_url=llama["base_url"])
    with pytest.raises(SpecError, match="the environment variable NO_KEY is not set"):
        preflight(model, **llama | {"api_key_env": "NO_KEY"})
    refused = failure(model, **llama | {"api_key_env": "WRONG_KEY"})
    assert not refused.transient
    assert "answered 401" in str(refused)


def test_a_misspelt_model_is_told_before_anything_is_asked(llama: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match=r"has no model 'SmolLM2-135M.gguf'; did you mean '.*SmolLM2-135M-Instruct"):
        preflight("openai-compatible/SmolLM2-135M.gguf", **llama)


def test_folders_before_the_name_of_a_model_do_not_count() -> None:
    server = Server("http://127.0.0.1:1", headers={}, secrets=(), timeout=1)
    path = f"/{'folder/' * 15}SmolLM.gguf"
    assert f"did you mean '{path}'?" in str(no_such_model(server, "Smol.gguf", ["other", path]))


def test_a_prompt_that_is_too_long_is_not_tried_again(llama: dict[str, Any], model: str) -> None:
    refused = failure(model, request("one two three " * 1000), **llama)
    assert not refused.transient
    assert "answered 400: request (3001 tokens) exceeds the available context size" in str(refused)


def test_a_real_server_tells_how_likely_each_token_was_in_chat_and_in_bare_text(
    llama: dict[str, Any], model: str
) -> None:
    config = GenerateConfig(max_tokens=5, temperature=0.0, logprobs=3)
    for prompt in (TURNS, "def add(a, b):\n    return"):
        whole = answer(model, request(prompt, config=config), server="llamacpp", **llama)
        streamed = answer(model, request(prompt, config=config), server="llamacpp", stream=True, **llama)
        for said in (whole, streamed):
            assert said.logprobs is not None
            assert "".join(each.token for each in said.logprobs) == said.text
            assert all(len(each.top) == 3 for each in said.logprobs)
            assert all(each.logprob == each.top[0].logprob <= 0 for each in said.logprobs)


def test_a_real_server_tells_of_the_tokens_alone(llama: dict[str, Any], model: str) -> None:
    config = GenerateConfig(max_tokens=3, temperature=0.0, logprobs=0)
    for prompt in (TURNS, "def add(a, b):\n    return"):
        said = answer(model, request(prompt, config=config), server="llamacpp", **llama)
        assert [each.top for each in said.logprobs or ()] == [(), (), ()]


def test_a_real_stream_says_the_same_as_a_whole_answer(llama: dict[str, Any], model: str) -> None:
    for prompt in (TURNS, "def add(a, b):\n    return"):
        whole = answer(model, request(prompt), **llama)
        streamed = answer(model, request(prompt), stream=True, **llama)
        assert (streamed.text, streamed.stop_reason) == (whole.text, whole.stop_reason)
        assert (whole.first_token, streamed.usage.output_tokens) == (None, whole.usage.output_tokens)
        assert streamed.first_token is not None
        assert 0 < streamed.first_token < (streamed.latency or 0)


def test_a_real_server_keeps_to_a_schema_in_chat_and_in_bare_text(llama: dict[str, Any], model: str) -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"even": {"type": "boolean"}}, "required": ["even"]}
    config = GenerateConfig(max_tokens=40, temperature=0.0, json_schema=schema | {"additionalProperties": False})
    for prompt in ((Message(role="user", content="Is 4 even?"),), "Is 4 even? As JSON: "):
        said = answer(model, request(prompt, config=config), server="llamacpp", **llama)
        assert json.loads(said.text)["even"] in (True, False)


def test_a_real_server_that_does_not_tell_of_its_prompt_is_no_source_of_likelihoods(
    llama: dict[str, Any], model: str
) -> None:
    assert facts(model, server="llamacpp", **llama).loglikelihood is None
    with pytest.raises(RuntimeFailed, match="the server does not tell how likely a prompt is"):
        likelihoods_of(model, [("2 + 2 =", " 4")], **llama)


# --- a server that misbehaves on request -----------------------------------------------------------------------------

HOSTILE = "füße \x1b]0;pwned\x07 \u202egnp.exe\u200b \x9b2J\ud800 ok\n" + "\x00" * 5000
FINE = {"choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}], "usage": {"completion_tokens": 1}}


async def completions(asked: web.Request) -> web.StreamResponse:
    """Does what the name of the model says: `WHAT`, or `WHAT:MORE`."""
    body = await asked.json()
    what, _, more = body.get("model", "").partition(":")
    behaviour = BEHAVIOURS.get(what)
    return web.json_response(FINE) if behaviour is None else await behaviour(asked, more)


async def status(asked: web.Request, more: str) -> web.Response:
    code, _, message = more.partition(":")
    return web.json_response({"error": {"message": message}}, status=int(code))


async def later(asked: web.Request, when: str) -> web.Response:
    date = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    return web.Response(status=429, text="slow down", headers={"Retry-After": date if when == "tomorrow" else when})


async def broke(asked: web.Request, more: str) -> web.Response:
    error = {"message": "You exceeded your current quota", "code": "insufficient_quota"}
    return web.json_response({"error": error}, status=429)


async def poor(asked: web.Request, more: str) -> web.Response:
    error = {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": None}
    return web.json_response({"error": error}, status=429)


async def stray(asked: web.Request, more: str) -> web.StreamResponse:
    return web.Response(text='data: {"error": {"message": "oh", "code": {}}}\n\n', content_type="text/event-stream")


async def say(asked: web.Request, text: str) -> web.Response:
    return web.Response(text=text, content_type="application/json")


async def mirror(asked: web.Request, more: str) -> web.Response:
    return web.json_response({"choices": [{"message": {"content": await asked.text()}}]})


async def tell_the_key(asked: web.Request, more: str) -> web.Response:
    return web.Response(status=400, text=f"bad header {asked.headers['Authorization']}")


async def drop(asked: web.Request, more: str) -> web.StreamResponse:
    assert asked.transport is not None
    asked.transport.abort()
    return web.Response()


async def half(asked: web.Request, more: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(asked)
    await response.write(b'{"choices": [')
    assert asked.transport is not None
    asked.transport.close()
    return response


async def slow(asked: web.Request, more: str) -> web.Response:
    await asyncio.sleep(60)
    return web.Response()


async def long(asked: web.Request, size: str) -> web.Response:
    return web.json_response({"choices": [{"message": {"content": "x" * int(size)}}]})


async def packed(asked: web.Request, size: str) -> web.Response:
    content = gzip.compress(b"x" * int(size), compresslevel=1)
    return web.Response(body=content, headers={"Content-Encoding": "gzip"})


async def terminal(asked: web.Request, more: str) -> web.Response:
    return web.json_response({"error": {"message": HOSTILE}}, status=400)


BEHAVIOURS = {
    each.__name__: each
    for each in (status, later, broke, poor, stray, say, mirror, tell_the_key, drop, half, slow, long, packed, terminal)
}


@pytest.fixture(scope="module")
def faulty() -> Iterator[str]:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", completions)
    with served(app) as address:
        yield f"{address}/v1"


def fault(model: str, faulty: str, **args: Any) -> RuntimeFailed:
    return failure(f"openai-compatible/{model}", request(TURNS), base_url=faulty, **args)


def test_a_server_that_lists_no_models_passes_the_preflight(faulty: str) -> None:
    preflight("openai-compatible/any", base_url=faulty)
    assert answer("openai-compatible/any", request(TURNS), base_url=faulty).text == "fine"


def test_a_server_that_keeps_its_list_of_models_elsewhere_passes_the_preflight() -> None:
    async def elsewhere(asked: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(f"{asked.path}/")

    app = web.Application()
    app.router.add_get("/v1/models", elsewhere)
    app.router.add_post("/v1/chat/completions", completions)
    with served(app) as address:
        preflight("openai-compatible/any", base_url=f"{address}/v1")


def test_only_parameters_that_were_given_are_sent(faulty: str) -> None:
    config = GenerateConfig(temperature=0.5, stop=("x",))
    sent = answer("openai-compatible/mirror", request(TURNS, config=config), base_url=f"{faulty}/").text
    assert json.loads(sent) == {
        "model": "mirror",
        "messages": [{"role": "user", "content": TURNS[0].content}],
        "temperature": 0.5,
        "stop": ["x"],
    }


@pytest.mark.parametrize(
    ("model", "transient", "message"),
    [
        ("status:500:oh no", True, "/v1/chat/completions answered 500: oh no"),
        ("status:503", True, "answered 503"),
        ("status:408", True, "answered 408"),
        ("status:400:max_tokens is too large", False, "answered 400: max_tokens is too large"),
        ("status:404:no such model", False, "answered 404: no such model"),
        ("status:422", False, "answered 422"),
        ("broke", False, "answered 429: You exceeded your current quota"),
        ("poor", False, "answered 429: You exceeded your current quota"),
        ("drop", True, "the connection to .*/v1/chat/completions broke"),
        ("half", True, "the connection to .*/v1/chat/completions broke"),
        ("say:", True, "answered 200 with an empty body"),
        ("say:<html>hello</html>", False, "answered something else than a completion: <html>hello"),
        ('say:{"choices":[]}', False, "something else than a completion"),
        ('say:{"choices":[{"message":{"content":["x"]}}]}', False, "something else than a completion"),
        ('say:{"choices":7}', False, "something else than a completion"),
        ("say:" + "[" * 50_000, False, "something else than a completion"),
        ("say:null", False, "something else than a completion"),
        ('say:{"choices":[{"message":{"content":1e999}}]}', False, "something else than a completion"),
    ],
)
def test_failures_that_may_pass_are_told_from_those_that_stay(
    faulty: str, model: str, transient: bool, message: str
) -> None:
    refused = fault(model, faulty)
    assert refused.transient is transient
    assert re.search(message, str(refused)), refused
    assert len(str(refused)) < 500


@pytest.mark.parametrize(
    ("model", "cause"),
    [
        ("status:400", "fault"),
        ("status:401", "denied"),
        ("status:403", "denied"),
        ("status:429", "busy"),
        ("status:500", "fault"),
        ("status:502", "gone"),
        ("status:503", "busy"),
        ("status:504", "late"),
        ("status:529", "busy"),
        ("broke", "denied"),
        ("poor", "denied"),
        ("drop", "fault"),
        ("later:7", "busy"),
    ],
)
def test_the_cause_is_told(faulty: str, model: str, cause: str) -> None:
    assert fault(model, faulty).cause == cause


@pytest.mark.parametrize(
    ("model", "least", "most"),
    [("later:7", 7, 7), ("later:0.5", 0.5, 0.5), ("later:-1", 0, 0), ("later:tomorrow", 86_000, 86_400)],
)
def test_the_time_that_a_server_asks_for_is_passed_on(faulty: str, model: str, least: float, most: float) -> None:
    refused = fault(model, faulty)
    assert refused.transient
    assert refused.retry_after is not None
    assert least <= refused.retry_after <= most


@pytest.mark.parametrize(
    "nonsense",
    ["later:soon", "later:inf", "later:nan", "later:Mon, 01 Jan 2024 00:00:00 +99999999999999999999", "status:429"],
)
def test_a_time_that_makes_no_sense_is_none(faulty: str, nonsense: str) -> None:
    assert fault(nonsense, faulty).retry_after is None


@pytest.mark.parametrize("behaviour", ["long", "packed"])
def test_an_answer_that_is_too_long_is_not_read_to_its_end(faulty: str, behaviour: str) -> None:
    refused = fault(f"{behaviour}:60000000", faulty)
    assert not refused.transient
    assert "/v1/chat/completions answered with more than 16 MiB, the most that is read of an answer" in str(refused)


def test_an_answer_of_some_megabytes_is_taken_whole(faulty: str) -> None:
    assert len(answer("openai-compatible/long:15000000", request(TURNS), base_url=faulty).text) == 15_000_000


def test_a_preflight_looks_at_the_beginning_of_what_a_server_sends() -> None:
    sent: list[int] = []

    async def endless(asked: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(asked)
        sent.append(0)
        while sent[-1] < 64 * 2**20:
            await response.write(b"x" * 2**16)
            sent[-1] += 2**16
        return response

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", endless)
    with served(app) as address:
        preflight("openai-compatible/any", base_url=address)
    assert len(sent) == 2
    assert max(sent) < 64 * 2**20


def test_what_a_server_says_is_quoted_as_it_is_not_obeyed(faulty: str) -> None:
    said = str(fault("terminal", faulty))
    assert r"answered 400: füße \x1b]0;pwned\x07 \u202egnp.exe\u200b \x9b2J\ud800 ok \x00" in said
    assert said.isprintable()
    assert len(said) < 400


def test_names_that_a_server_lists_are_quoted_as_they_are_not_obeyed() -> None:
    async def models(_: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": name} for name in (f"near{HOSTILE[:40]}", f"far{HOSTILE}")]})

    app = web.Application()
    app.router.add_get("/models", models)
    with served(app) as address:
        for wanted, hint in (("nearfüße", "did you mean 'nearfüße"), ("quite another", "it has farfüße")):
            with pytest.raises(SpecError, match=hint) as told:
                preflight(f"openai-compatible/{wanted}", base_url=address)
            assert str(told.value).isprintable()
            assert len(str(told.value)) < 500


def test_a_slow_server_runs_into_the_timeout(faulty: str) -> None:
    refused = fault("slow", faulty, timeout=0.2)
    assert refused.transient
    assert refused.cause == "late"
    assert "did not answer in time" in str(refused)


def test_a_server_that_has_gone_may_come_back() -> None:
    refused = failure("openai-compatible/any", base_url=f"http://127.0.0.1:{_free_port()}/v1")
    assert refused.transient
    assert refused.cause == "gone"
    assert "the connection to" in str(refused)


def test_a_reason_in_another_encoding_hides_no_status() -> None:
    with saying(b"HTTP/1.1 503 ferm\xe9\r\nContent-Length: 0\r\n\r\n") as address:
        refused = failure("openai-compatible/any", base_url=f"{address}/v1")
    assert (refused.transient, refused.cause) == (True, "busy")
    assert "answered 503: ferm\ufffd" in str(refused)


def test_a_stream_may_break_off_with_a_code_that_is_none(faulty: str) -> None:
    refused = fault("stray", faulty, stream=True)
    assert not refused.transient
    assert "answered with an error: oh" in str(refused)


def test_a_proxy_that_refuses_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with saying(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n") as address:
        monkeypatch.setenv("https_proxy", address.replace("//", "//me:hunter2@"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        refused = failure("openai-compatible/any", base_url="https://models.invalid/v1")
    assert "the proxy answered 407: Proxy Authentication Required" in str(refused)
    assert "hunter2" not in f"{refused!r} {refused.__cause__!r}"


def test_no_proxy_stands_before_a_server_on_this_machine(faulty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{_free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    for address in (faulty, faulty.replace("127.0.0.1", "localhost")):
        preflight("openai-compatible/any", base_url=address)
        assert answer("openai-compatible/any", request(TURNS), base_url=address).text == "fine"
    assert "broke" in str(failure("openai-compatible/any", base_url="http://models.invalid/v1"))


def test_the_key_is_never_told(faulty: str) -> None:
    refused = fault("tell_the_key", faulty, api_key_env="A_KEY")
    assert "bad header Bearer ***" in str(refused)
    runtime = facts("openai-compatible/any", base_url=faulty, api_key_env="A_KEY")
    assert runtime.facts == {"base_url": faulty, "served_model": "any"}
    assert KEY not in f"{refused!r} {refused.__cause__!r} {runtime!r}"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"base_url": "localhost:8000/v1"}, "args.base_url: expected a URL like http://localhost:8000/v1"),
        ({"base_url": "file:///etc/passwd"}, "args.base_url: expected a URL like"),
        ({"base_url": "http://[::1/v1"}, "args.base_url: expected a URL like"),
        ({"base_url": "http://host:99999/v1"}, "args.base_url: expected a URL like"),
        ({"base_url": "http://me:word@[::1/v1"}, "args.base_url: expected a URL like"),
        ({"base_url": "me:word@host/v1"}, "args.base_url: expected a URL like"),
        ({"base_url": "http://me:word@host/v1"}, "a URL with a password or a query is not taken"),
        ({"base_url": "http://host/v1?key=1"}, "a URL with a password or a query is not taken"),
        ({"base_url": "http://host/v1", "timeout": 0}, "args.timeout: expected more than 0 seconds"),
        ({}, "this field is required"),
    ],
)
def test_a_mistake_in_the_arguments_is_told(args: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message) as told:
        preflight("openai-compatible/any", **args)
    assert "word" not in str(told.value).replace("password", "")


def test_a_key_that_cannot_be_one_is_told_without_telling_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "first\nsecond")
    with pytest.raises(SpecError, match="the key in A_KEY holds characters that no key has") as told:
        preflight("openai-compatible/any", base_url="http://localhost/v1", api_key_env="A_KEY")
    assert "second" not in str(told.value)


def test_a_server_that_cannot_be_reached_is_told_with_what_to_do() -> None:
    refused = f"http://127.0.0.1:{_free_port()}/v1"
    with pytest.raises(
        PluginError, match=rf"no server answers at {refused}/models \(.*refused\); start it, or correct"
    ):
        preflight("openai-compatible/any", base_url=refused)
    with pytest.raises(PluginError, match=r"no server answers at http://no-such-host\.invalid/v1/models"):
        preflight("openai-compatible/any", base_url="http://no-such-host.invalid/v1")


def test_a_url_that_ends_wrongly_is_told(faulty: str) -> None:
    with pytest.raises(SpecError, match=r"has no /chat/completions \(404\); does the URL end as it should"):
        preflight("openai-compatible/any", base_url=faulty.removesuffix("/v1"))


@pytest.mark.parametrize(
    ("code", "message"),
    [(503, r"is not ready: it answered 503 \(loading\); wait"), (301, r"only redirects \(301\): it leads to http:")],
)
def test_a_server_that_is_not_ready_or_not_the_one_is_told(code: int, message: str) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=code, text="loading", headers={"Location": "/elsewhere"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refuse)
    with served(app) as address, pytest.raises((PluginError, SpecError), match=message):
        preflight("openai-compatible/any", base_url=address)


def test_a_redirect_does_not_carry_the_key_away() -> None:
    keys: list[str | None] = []

    async def thief(asked: web.Request) -> web.Response:
        keys.append(asked.headers.get("Authorization"))
        return web.json_response(FINE)

    async def redirect(asked: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": f"{elsewhere}{asked.path}"})

    stranger, server = web.Application(), web.Application()
    stranger.router.add_route("*", "/{path:.*}", thief)
    server.router.add_route("*", "/{path:.*}", redirect)
    with served(stranger) as elsewhere, served(server) as address:
        told = "completions. Redirects are not followed, the key would go along"
        with pytest.raises(SpecError, match="only redirects") as caught:
            preflight("openai-compatible/any", base_url=address, api_key_env="A_KEY")
        refused = failure("openai-compatible/any", base_url=address, api_key_env="A_KEY")
    for err in (caught.value, refused):
        assert f"it leads to {elsewhere}/" in str(err)
        assert told in str(err)
        assert f"put {elsewhere} into `base_url`" in str(err)
    assert (refused.transient, keys) == (False, [])


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("/login", r"it leads to http://127.0.0.1:\d+/login\. "),
        ("https://login.example", r"it leads to https://login.example\. .* see whether `base_url` is right"),
        ("http://[::", r"it leads to http://\[::\. "),
        ("https://long.example/" + "x" * 5000, r"it leads to https://long.example/x{99}…\. "),
        ("https://evil.example/\x9b2J\xad", r"it leads to https://evil.example/\\x9b2J\\xad\. "),
        ("https://sesame.example/", r"it leads to https://\*\*\*.example/\. "),
        ("", "it is elsewhere, and the server does not say where; correct `base_url`"),
    ],
)
@pytest.mark.parametrize("runtime", ["openai-compatible", "anthropic", "google"])
def test_a_redirect_is_told_with_where_it_leads(
    runtime: str, location: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "sesame")
    head = f"HTTP/1.1 308 Gone\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    with saying(head.encode("latin-1")) as address:
        err = failure(f"{runtime}/m", request(TURNS), base_url=address, api_key_env="A_KEY")
        with pytest.raises(SpecError, match=r"only redirects \(308\): it "):
            preflight(f"{runtime}/m", base_url=address, api_key_env="A_KEY")
    assert re.search(message, str(err)), err
    assert (err.transient, len(str(err)) < 500) == (False, True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
