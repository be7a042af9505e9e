"""A model behind `/chat/completions` and `/completions`, at whatever server."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchbook import Output, PluginError, Request, Runtime, RuntimeFailed, SpecError
from benchbook.plugins.runtimes.completions import ChunkPieces, Reply, output
from benchbook.plugins.runtimes.dialects import Dialect, question_in
from benchbook.plugins.runtimes.likelihoods import likelihood_of, reading_of
from benchbook.plugins.runtimes.parameters import Format, Parameter, body_for, formatted, merged
from benchbook.plugins.runtimes.refusals import complaint
from benchbook.plugins.runtimes.server import Access, Server, asked, listed, no_such_model, probed, server
from benchbook.plugins.runtimes.wire import Times, connected

_NO_SUCH_PLACE = (404, 405)
_STREAMED = {"stream": True, "stream_options": {"include_usage": True}}


@dataclass(frozen=True)
class ServedModel:
    """A model at a server, and how it is asked."""

    model: str
    access: Access
    dialect: Dialect
    stream: bool
    think_tags: bool
    omit: tuple[Parameter, ...]
    extra_body: Mapping[str, Any]

    @property
    def server(self) -> Server:
        """SpecError if the config makes no sense."""
        return server(self.access, lambda key: {"Authorization": f"Bearer {key}"})

    @property
    def format(self) -> Format:
        """How prompt and parameters become a request."""
        return formatted(partial(question_in, self.dialect), self.omit, self.extra_body)


def check_served(served: ServedModel) -> None:
    """Find out whether the server takes the key and has the model; nothing is spent."""
    at = served.server
    merged({}, served.extra_body)
    # Some send this on to `models/`, and answer all the same.
    status, body, _ = probed(at, "models")
    if status == 200:
        known = listed(body, lambda answer: [str(entry["id"]) for entry in answer["data"]])
        if known and served.model not in known:
            raise no_such_model(at, served.model, known)
    _check_completions(at, served.access.api_key_env)


@asynccontextmanager
async def runtime_at(served: ServedModel) -> AsyncIterator[Runtime]:
    """The runtime, for as long as its connections are open."""
    form, named = served.format, {"model": served.model}
    async with connected(served.server) as line:

        async def generate(request: Request) -> Output:
            path = "completions" if isinstance(request.prompt, str) else "chat/completions"
            body = named | body_for(form, request)
            read = partial(_read, request=request, think_tags=served.think_tags)
            if served.stream or request.tell:
                # Of what is to be told apart at the end no piece can be told before.
                tell = None if served.think_tags else request.tell
                return await line.follow(path, body | _STREAMED, ChunkPieces(tell, request.config.logprobs), read)
            return await line.ask(path, body, read)

        facts = {"base_url": line.server.url, "served_model": served.model}
        asked = merged(named, served.extra_body)
        echoes = served.dialect.echoes
        yield Runtime(
            generate,
            facts=facts,
            loglikelihood=likelihood_of(line, asked) if echoes else None,
            prompt_logprobs=reading_of(line, asked) if echoes else None,
            troubles=line.troubles,
        )


def _read(reply: Reply, times: Times, *, request: Request, think_tags: bool) -> Output:
    said = output(reply, times.latency, times.first_token, request.config.logprobs)
    if request.config.logprobs is not None and not said.logprobs and said.text:
        raise RuntimeFailed("log-probabilities were asked for, and the server sent none")
    return untagged(said) if think_tags else said


def untagged(said: Output) -> Output:
    """The output with its reasoning, up to `</think>`, told apart; a template may have written the opening tag."""
    before, closed, after = said.text.partition("</think>")
    opened = before.lstrip().startswith("<think>")
    if not (closed or opened):
        return said
    thought = before.lstrip().removeprefix("<think>").strip()
    return said.model_copy(update={"reasoning": said.reasoning + thought, "text": after.lstrip()})


def _check_completions(at: Server, api_key_env: str | None) -> None:
    """An empty request costs nothing, and tells whether the place exists and the key is taken."""
    status, body, _ = asked(at, "chat/completions", data=b"{}")
    if status in _NO_SUCH_PLACE:
        status, body, _ = asked(at, "completions", data=b"{}")
    said = at.quoted(complaint(body)[0])
    if status in _NO_SUCH_PLACE:
        raise SpecError(
            f"{at.url} has no /chat/completions ({status}); does the URL end as it should, mostly in /v1?",
            field=["args", "base_url"],
        )
    if status in (401, 403):
        key = "it does not take the key that `api_key_env` names" if api_key_env else "name the key in `api_key_env`"
        raise PluginError(f"{at.url} answered {status} ({said}): {key}")
    if status in (502, 503, 504):
        raise PluginError(f"{at.url} is not ready: it answered {status} ({said}); wait, or look at its log")
