"""OpenAI's own client finds the gateway to be what it knows."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionUserMessageParam

from service.gateways import gateway

ONE = "storyteller/one"


@contextmanager
def client(*models: str, key: str | None = None, **args: Any) -> Iterator[OpenAI]:
    with (
        gateway(*models, key=key, **args) as listening,
        OpenAI(base_url=listening.base_url, api_key="sesame") as asking,
    ):
        yield asking


def user(content: str) -> ChatCompletionUserMessageParam:
    return {"role": "user", "content": content}


def test_a_chat_with_log_probabilities() -> None:
    with client() as asking:
        said = asking.chat.completions.create(
            model=ONE, messages=[user("ab")], logprobs=True, top_logprobs=1, temperature=0, max_completion_tokens=9
        )
    [choice] = said.choices
    assert (choice.message.content, choice.message.role, choice.finish_reason) == ("ab", "assistant", "stop")
    assert choice.logprobs
    assert choice.logprobs.content
    assert [(token.token, token.logprob) for token in choice.logprobs.content] == [("a", -1.0), ("b", -2.0)]
    assert choice.logprobs.content[1].top_logprobs[0].token == "a"
    assert said.usage
    assert said.usage.total_tokens == 4


def test_a_stream_and_its_usage() -> None:
    with client() as asking:
        chunks = list(
            asking.chat.completions.create(
                model=ONE, messages=[user("abc")], stream=True, stream_options={"include_usage": True}
            )
        )
    assert [chunk.choices[0].delta.content for chunk in chunks if chunk.choices] == ["", "a", "b", "c", None, None]
    assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage] == [6]
    assert {chunk.id for chunk in chunks} == {chunks[0].id}


def test_the_helper_that_gathers_a_stream() -> None:
    with client() as asking, asking.chat.completions.stream(model=ONE, messages=[user("abc")]) as told:
        kinds = {event.type for event in told}
        assert told.get_final_completion().choices[0].message.content == "abc"
    assert {"chunk", "content.delta", "content.done"} <= kinds


def test_completions_of_several_prompts_as_text_or_tokens() -> None:
    with client() as asking:
        said = asking.completions.create(model=ONE, prompt=["a", "bc"], echo=True, logprobs=1, max_tokens=0)
        assert [choice.text for choice in said.choices] == ["a", "bc"]
        assert said.choices[1].logprobs
        assert said.choices[1].logprobs.token_logprobs == [None, -3.0]
        tokens = asking.completions.create(model=ONE, prompt=[[97], [98, 99]])
        assert [choice.text for choice in tokens.choices] == ["a", "bc"]
        told = asking.completions.create(model=ONE, prompt="ab", stream=True)
        assert "".join(chunk.choices[0].text for chunk in told) == "ab"


def test_several_at_once_by_the_asynchronous_client() -> None:
    async def ask(base_url: str) -> list[str | None]:
        async with AsyncOpenAI(base_url=base_url, api_key="none") as asking:
            said = await asyncio.gather(
                *(asking.chat.completions.create(model=ONE, messages=[user(f"q{n}")]) for n in range(8))
            )
        return [each.choices[0].message.content for each in said]

    with gateway() as listening:
        assert asyncio.run(ask(listening.base_url)) == [f"q{n}" for n in range(8)]


def test_models() -> None:
    with client(ONE, "storyteller/two") as asking:
        assert [model.id for model in asking.models.list()] == [ONE, "storyteller/two"]
        assert asking.models.retrieve(ONE).owned_by == "storyteller"


def test_mistakes_are_its_exceptions() -> None:
    with client() as asking:
        with pytest.raises(openai.BadRequestError) as refused:
            asking.chat.completions.create(model=ONE, messages=[user("a")], presence_penalty=1)
        assert (refused.value.param, "cannot heed" in refused.value.message) == ("presence_penalty", True)
        with pytest.raises(openai.NotFoundError) as missing:
            asking.chat.completions.create(model="gpt", messages=[user("a")])
        assert (missing.value.code, missing.value.param) == ("model_not_found", "model")
        with pytest.raises(openai.NotFoundError):
            asking.embeddings.create(model=ONE, input="a")
    with client(key="another") as asking, pytest.raises(openai.AuthenticationError):
        asking.models.list()
    with client(key="sesame") as asking:
        assert len(list(asking.models.list())) == 1


def test_it_asks_again_when_the_model_is_away_for_a_moment() -> None:
    with client("mock/m", fail=[{"call": 1, "message": "away", "retry_after": 0.1}], replies="here") as asking:
        said = asking.chat.completions.create(model="mock/m", messages=[user("a")])
    assert said.choices[0].message.content == "here"


def test_it_does_not_ask_again_what_the_model_refuses() -> None:
    fail = [{"call": 1, "message": "no way", "transient": False}]
    with client("mock/m", fail=fail) as asking, pytest.raises(openai.BadRequestError, match="no way"):
        asking.chat.completions.create(model="mock/m", messages=[user("a")])
