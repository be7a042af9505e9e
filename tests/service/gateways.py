"""A gateway on loopback, and a model made for it."""

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from benchbook import (
    Alternative,
    ModelSpec,
    Output,
    Piece,
    PromptToken,
    Reading,
    Request,
    Runtime,
    Tokenizer,
    TokenLogprob,
    Usage,
)
from benchbook.registry import register
from benchbook.service.gateway import Address, check, opened

SLOW = threading.Event()
"""Set when the storyteller was left alone in the middle of a long story."""


@register("runtime")
async def storyteller(model: str) -> AsyncIterator[Runtime]:
    """Tells what it was asked last, letter by letter; of a prompt it finds each letter as likely as it is early in the
    alphabet. Its tokens are characters."""

    async def generate(request: Request) -> Output:
        last = request.prompt if isinstance(request.prompt, str) else request.prompt[-1].content
        assert request.tokens in (None, tuple(map(ord, last)))
        if last == "forever":
            try:
                await asyncio.sleep(600)
            finally:
                SLOW.set()
        told = None if request.config.logprobs is None else tuple(_token(letter) for letter in last)
        for at, letter in enumerate(last if request.tell else ""):
            assert request.tell
            request.tell(Piece(text=letter, logprobs=told[at : at + 1] if told else ()))
            await asyncio.sleep(0)
        used = Usage(input_tokens=len(last), output_tokens=len(last))
        return Output(text=last, reasoning="hm", stop_reason="stop", usage=used, logprobs=told)

    async def read(prompt: str | Sequence[int], alternatives: int) -> Reading:
        text = prompt if isinstance(prompt, str) else "".join(map(chr, prompt))
        best = Alternative(token="a", logprob=-1.0)
        tokens = tuple(
            PromptToken(token=letter, logprob=_logprob(letter) if at else None, top=(best,) if at else ())
            for at, letter in enumerate(text)
        )
        return Reading(text=text, tokens=tokens, next=(best,))

    async def encode(text: str) -> Sequence[int]:
        return [*map(ord, text)]

    async def decode(tokens: Sequence[int]) -> str:
        return "".join(map(chr, tokens))

    tokenizer = Tokenizer(encode, decode, opening=(ord("^"),), begin="^", end="$")
    yield Runtime(generate, facts={"story": model}, slots=2, prompt_logprobs=read, tokenizer=tokenizer)


@dataclass(frozen=True)
class Reply:
    """What the gateway answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def events(self) -> list[Any]:
        """The documents of a stream that came to its end."""
        *parts, end, nothing = self.text.split("\n\n")
        assert (end, nothing) == ("data: [DONE]", "")
        return [json.loads(part.removeprefix("data: ")) for part in parts]


@dataclass(frozen=True)
class Client:
    """Asks a gateway."""

    base_url: str
    headers: Mapping[str, str]

    def get(self, path: str, **headers: str) -> Reply:
        return self.send(path, None, **headers)

    def post(self, path: str, document: object, **headers: str) -> Reply:
        return self.send(path, json.dumps(document).encode(), **headers)

    def send(self, path: str, data: bytes | None, **headers: str) -> Reply:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.base_url + path, data, {**self.headers, **named})
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return Reply(response.status, dict(response.headers), response.read().decode())
        except urllib.error.HTTPError as err:
            with err:
                return Reply(err.code, dict(err.headers), err.read().decode())


@contextmanager
def gateway(*models: str, key: str | None = None, **args: Any) -> Iterator[Client]:
    """A gateway to those models, in a thread of its own."""
    specs = [ModelSpec(model=model, args=args) for model in models or ("storyteller/one",)]
    address = Address(port=0, key=key)
    check(specs, address)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    stack = AsyncExitStack()
    try:
        opening = stack.enter_async_context(opened(specs, address))
        listening = asyncio.run_coroutine_threadsafe(opening, loop).result()
        yield Client(listening.base_url, {"Authorization": f"Bearer {key}"} if key else {})
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _token(letter: str) -> TokenLogprob:
    return TokenLogprob(token=letter, logprob=_logprob(letter), top=(Alternative(token="a", logprob=-1.0),))


def _logprob(letter: str) -> float:
    return -1.0 - (ord(letter) - ord("a"))
