"""Log-likelihoods over HTTP, from a server that echoes: its model is a table, so that the truth is known."""

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from benchbook import Likelihood, RuntimeFailed
from plugins.runtimes.asking import facts, likelihoods_of, reading_of
from plugins.runtimes.servers import served

LIKELY = {" Paris": 0.5, " Rome": 0.25, " Par": 0.125, "is": 0.25}
REST = 0.01


class Echo:
    """A server like vLLM's: words with the blank before them are tokens, and a BOS stands before all."""

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self.hides: set[str] = set()
        self.top: Any = None

    async def complete(self, asked: web.Request) -> web.Response:
        body = await asked.json()
        assert (body["echo"], body["logprobs"], body["max_tokens"], body["temperature"]) == (True, 1, 1, 0)
        self.prompts.append(body["prompt"])
        tokens = ["<s>", *re.findall(r" ?\w+|\s|[^\w\s]", body["prompt"])]
        told = [*tokens, " more"]
        values = [None, *(math.log(LIKELY.get(token, REST)) for token in tokens[1:]), -1.0]
        tops = [
            None,
            *({token: math.log(LIKELY.get(token, REST)), " Paris": math.log(0.5)} for token in tokens[1:]),
            {},
        ]
        tops = tops if self.top is None else [self.top] * len(tops)
        logprobs = {"tokens": told, "token_logprobs": values, "top_logprobs": tops}
        choice = {"text": body["prompt"] + " more", "finish_reason": "length", "logprobs": logprobs}
        reply = {"choices": [choice], "usage": {"prompt_tokens": len(tokens), "completion_tokens": 1}}
        for hidden in self.hides:
            choice.pop(hidden, None)
            reply.pop(hidden, None)
        return web.json_response(reply)


@pytest.fixture
def echo() -> Iterator[tuple[Echo, dict[str, Any]]]:
    server, app = Echo(), web.Application()
    app.router.add_post("/v1/completions", server.complete)
    with served(app) as address:
        yield server, {"base_url": f"{address}/v1"}


MODEL = "openai-compatible/any"


def test_a_prompt_is_read_token_by_token(echo: tuple[Echo, dict[str, Any]]) -> None:
    read = reading_of(MODEL, "It is Paris", **echo[1])
    assert [token.token for token in read.tokens] == ["<s>", "It", " is", " Paris"]
    assert [token.logprob for token in read.tokens] == [None, math.log(REST), math.log(REST), math.log(0.5)]
    assert read.tokens[1].top[0].token == " Paris"
    assert (read.text, read.next) == ("It is Paris", ())


def likelihood(context: str, continuation: str, **args: Any) -> Likelihood:
    [found] = likelihoods_of(MODEL, [(context, continuation)], **args)
    return found


CONTEXT = "The capital of France is"


def test_a_continuation_is_weighed_by_its_own_tokens(echo: tuple[Echo, dict[str, Any]]) -> None:
    _, args = echo
    paris = likelihood(CONTEXT, " Paris", **args)
    assert paris.logprob == pytest.approx(math.log(0.5))
    assert (paris.tokens, paris.greedy) == (1, True)
    longer = likelihood(CONTEXT, " Rome Paris", **args)
    assert longer.logprob == pytest.approx(math.log(0.25) + math.log(0.5))
    assert (longer.tokens, longer.greedy) == (2, False)


@pytest.mark.parametrize("top", [{" Paris": "likely"}, [" Paris"], {}])
def test_log_probabilities_that_are_none_are_told(echo: tuple[Echo, dict[str, Any]], top: Any) -> None:
    server, args = echo
    server.top = top
    with pytest.raises(RuntimeFailed, match="the server's log-probabilities make no sense"):
        likelihood(CONTEXT, " Paris", **args)


def test_choices_of_one_sample_ask_for_their_context_once(echo: tuple[Echo, dict[str, Any]]) -> None:
    server, args = echo
    found = likelihoods_of(MODEL, [(CONTEXT, f" {city}") for city in ("Paris", "Rome", "Oslo", "Bern")], **args)
    assert [each.tokens for each in found] == [1, 1, 1, 1]
    assert server.prompts.count(CONTEXT) == 1
    assert len(server.prompts) == 5


def test_a_token_across_the_border_counts_for_neither_side_twice(echo: tuple[Echo, dict[str, Any]]) -> None:
    _, args = echo
    # "… is Par" + "is": together " Paris" is one token, as many as the context's " Par" was: nothing is left.
    with pytest.raises(RuntimeFailed, match="has no token of its own: let it, not the context, begin with the blank"):
        likelihood(f"{CONTEXT} Par", "is", **args)


@pytest.mark.parametrize("hidden", ["logprobs", "usage"])
def test_a_server_that_does_not_tell_is_no_source_of_likelihoods(
    echo: tuple[Echo, dict[str, Any]], hidden: str
) -> None:
    server, args = echo
    server.hides.add(hidden)
    with pytest.raises(RuntimeFailed, match="the server does not tell how likely a prompt is") as told:
        likelihood(CONTEXT, " Paris", **args)
    assert not told.value.transient


def test_nothing_cannot_be_weighed(echo: tuple[Echo, dict[str, Any]]) -> None:
    for pair in (("", " Paris"), (CONTEXT, "")):
        with pytest.raises(RuntimeFailed, match="empty"):
            likelihood(*pair, **echo[1])


def test_servers_that_never_tell_offer_no_likelihoods(
    echo: tuple[Echo, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    for server in ("tgi", "ollama", "llamacpp"):
        assert facts(MODEL, server=server, **echo[1]).loglikelihood is None
    assert facts("openai/gpt-5").loglikelihood is None
