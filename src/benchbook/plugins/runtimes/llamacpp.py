"""Models in GGUF files, run by llama.cpp inside this process.

With one slot a greedy answer is a function of the prompt alone, whatever was asked before. Two things were measured
to break that, and are avoided: requests that share a batch are computed by other kernels than single ones, and a
prompt that is remembered up to where it differs from the last one is computed in other pieces each time
(docs/models.md has the figures). What all prompts of a run have in common is computed once, and always in one piece.
"""

import asyncio
import functools
import hashlib
import importlib.util
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchbook import (
    Alternative,
    GenerateConfig,
    Likelihood,
    Output,
    Piece,
    PluginError,
    Prompt,
    PromptStyle,
    PromptToken,
    Reading,
    Request,
    Runtime,
    RuntimeFailed,
    SpecError,
    Tokenizer,
    TokenLogprob,
    register,
    settings,
    weights,
)
from benchbook.plugins.runtimes.completions import Reply, from_a_thread, question, quoted, stop_reason, usage
from benchbook.plugins.runtimes.gguf import Header, read_header

_PLAIN = {
    # llama.cpp's own sampling defaults (top_k 40, min_p 0.05 …) out of the way
    "temperature": 0.0,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
}
_STREAMED = {"stream": True, "stream_options": {"include_usage": True}}
_WHOLE_VOCABULARY = 10**7
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""For llama.cpp's own address, past any proxy."""
_COMES_UP = 30.0
"""Seconds until it listens there."""
_UNHEEDED = ("reasoning", "reasoning_tokens")
"""What llama.cpp has no say in: how long a model thinks is a matter of its chat template."""


@dataclass(frozen=True)
class _Plan:
    """A file that was looked at, and how it is to be run."""

    path: Path
    sha256: str | None
    """None if it is not known without reading the whole file."""
    header: Header
    n_ctx: int
    slots: int
    threads: int


def _preflight(**arguments: Any) -> None:
    _planned(**arguments)


def _vet(config: GenerateConfig, style: PromptStyle, **arguments: Any) -> None:  # noqa: ARG001 - of every runtime
    for name in _unheeded(config):
        raise SpecError("llamacpp cannot heed it; leave it out", field=["generate", name])


@register("runtime", preflight=_preflight, vet=_vet)
async def llamacpp(
    model: str,
    *,
    path: str | None = None,
    n_ctx: int = 4096,
    slots: int = 1,
    threads: int = 0,
) -> AsyncIterator[Runtime]:
    """An embedded model by name, or any GGUF file: `llamacpp/FOLDER/FILE.gguf`, or `path`.

    `n_ctx` is the room for prompt and answer, in tokens, of each slot; `threads` is one less than there are cores
    unless given. More `slots` are faster, but the same prompt may then be answered differently.
    """
    plan = _planned(model, path, n_ctx, slots, threads)
    sha256 = await asyncio.to_thread(sha256_of, plan.path) if plan.sha256 is None else plan.sha256
    key = secrets.token_hex(16)
    server = await asyncio.to_thread(_loaded, plan, key)
    executor = ThreadPoolExecutor(plan.slots, thread_name_prefix="llamacpp")
    tokens = _Tokenizer(server.listening_address, key, plan.header.first_token)
    loaded = _Model(server, tokens, remembers=plan.slots == 1)
    loop = asyncio.get_running_loop()

    async def generate(request: Request) -> Output:
        given_up = threading.Event()
        heard = replace(request, tell=request.tell and from_a_thread(request.tell, loop))
        try:
            return await loop.run_in_executor(executor, loaded.ask, heard, given_up.is_set)
        finally:
            # A request nobody waits for any more ends at its next token.
            given_up.set()

    async def loglikelihood(context: str, continuation: str) -> Likelihood:
        return await loop.run_in_executor(executor, loaded.weigh, context, continuation)

    async def prompt_logprobs(prompt: str | Sequence[int], alternatives: int) -> Reading:
        return await loop.run_in_executor(executor, loaded.read, prompt, alternatives)

    try:
        yield Runtime(
            generate,
            prompt_style="chat" if plan.header.has_chat_template else "completion",
            facts=_facts(plan, sha256),
            slots=plan.slots,
            loglikelihood=loglikelihood,
            prompt_logprobs=prompt_logprobs,
            tokenizer=await asyncio.to_thread(_offered, tokens, plan.header),
        )
    finally:
        await asyncio.to_thread(executor.shutdown, cancel_futures=True)


def _offered(tokens: "_Tokenizer", header: Header) -> Tokenizer:
    """The model's tokens, for anyone."""

    async def encode(text: str) -> Sequence[int]:
        return await asyncio.to_thread(tokens.bare, text)

    async def decode(of: Sequence[int]) -> str:
        return await asyncio.to_thread(tokens.text, of)

    opened, bare = tokens.whole("a"), tokens.bare("a")
    first, last = header.first_token, header.last_token
    return Tokenizer(
        encode,
        decode,
        opening=tuple(opened[: len(opened) - len(bare)]),
        begin=None if first is None else tokens.text([first]),
        end=None if last is None else tokens.text([last]),
    )


def _planned(model: str, path: str | None, n_ctx: int, slots: int, threads: int) -> _Plan:
    """How the model is to be run; an error of ours if it cannot be."""
    for name, value, least in (("n_ctx", n_ctx, 1), ("slots", slots, 1), ("threads", threads, 0)):
        if value < least:
            raise SpecError(f"expected at least {least}, got {value}", field=["args", name])
    file, sha256 = weights_file(model, path, embeds=False)
    header = read_header(file)
    if 0 < header.context_length < n_ctx:
        raise SpecError(f"the model was trained for {header.context_length} tokens at most", field=["args", "n_ctx"])
    if importlib.util.find_spec("xllamacpp") is None:
        raise PluginError("llama.cpp is not installed; run `pip install xllamacpp`")
    return _Plan(file, sha256, header, n_ctx, slots, threads or max(1, settings.cores() - 1))


def weights_file(model: str, path: str | None, *, embeds: bool) -> tuple[Path, str | None]:
    """The file, and its SHA-256 if that was checked when it was pulled; of a model that answers, or one that embeds."""
    if path is not None or model.endswith(".gguf"):
        file = Path(path or model).expanduser()
        if not file.is_file():
            raise SpecError(f"there is no file {file}", field=["args", "path"] if path else ["model"])
        return file, None
    try:
        known = weights(model)
    except SpecError as err:
        raise SpecError(f"{err.message}; or give the path of a .gguf file", field=["model"]) from None
    if embeds and known.prompt_style:
        raise SpecError(f"{model} answers and embeds nothing; `all-minilm-l6-v2` does", field=["model"])
    if not embeds and not known.prompt_style:
        raise SpecError(f"{model} embeds texts and answers nothing; name it as an `embedder`", field=["model"])
    folder = settings.load().models
    if not known.pulled(folder):
        raise SpecError(f"the weights of {model} are not here; run `benchbook models pull {model}`", field=["model"])
    return known.path(folder), known.sha256


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _loaded(plan: _Plan, key: str) -> Any:
    """The model, in memory and ready."""
    import xllamacpp  # noqa: PLC0415 - 34 MB, only for those who use it

    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(plan.path)
    wanted.n_parallel = plan.slots
    wanted.n_ctx = plan.n_ctx * plan.slots  # llama.cpp divides it among the slots
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = plan.threads
    wanted.swa_full = True  # or a model with a sliding window could not go back to where its prompts part
    return server_of(wanted, key, plan.header)


def server_of(wanted: Any, key: str, header: Header) -> Any:
    """llama.cpp with a model in memory, listening to whoever has the key; PluginError if it cannot be loaded."""
    import xllamacpp  # noqa: PLC0415 - 34 MB, only for those who use it

    wanted.fit_params = False  # take n_ctx at our word, whatever memory is free
    wanted.verbosity = -1
    wanted.cache_ram_mib = 0
    # It listens on loopback too, whether we want it or not: nobody else shall use it.
    wanted.api_keys = [key]
    wanted.ui = wanted.endpoint_slots = False
    wanted.n_threads_http = 1
    try:
        server = xllamacpp.Server(wanted)
    except RuntimeError as err:
        raise PluginError(
            f"llama.cpp cannot load {wanted.model.path}: the file is damaged, or memory is short, "
            f"or xllamacpp {version('xllamacpp')} does not know its kind ({header.architecture})"
        ) from err
    _await_listener(server.listening_address)
    return server


def _await_listener(address: str) -> None:
    """Wait until the server answers on loopback: ended before it listens, it would wait for itself for ever."""
    deadline = time.monotonic() + _COMES_UP
    while time.monotonic() < deadline:
        try:
            with _DIRECT.open(f"{address}/health", timeout=1):
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.01)
    raise PluginError(f"llama.cpp does not answer at {address}, its own address, within {_COMES_UP:.0f} s")


def _facts(plan: _Plan, sha256: str) -> Mapping[str, str]:
    return {
        "weights": plan.path.name,
        "sha256": sha256,
        "size": str(plan.path.stat().st_size),
        "architecture": plan.header.architecture,
        "quantisation": plan.header.quantisation,
        "runtime": f"xllamacpp {version('xllamacpp')}",
        "threads": str(plan.threads),
        "slots": str(plan.slots),
        "n_ctx": str(plan.n_ctx),
    }


class _Tokenizer:
    """The model's own, behind the server's address: it is not offered in process."""

    def __init__(self, address: str, key: str, first_token: int | None) -> None:
        self._address = address
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._first_token = first_token

    def pair(self, context: str, continuation: str) -> tuple[list[int], list[int]]:
        """The tokens of both texts together, parted behind as many as the context alone has.

        Spaces at the context's end go over to the continuation, as in lm-evaluation-harness: most vocabularies put
        them before a word. An empty context is the token that texts begin with, or else end with.
        """
        bare = context.rstrip()
        whole = self.whole(context + continuation)
        before = len(self.whole(bare))
        if before == 0 and self._first_token is not None:
            return [self._first_token], whole
        return whole[:before], whole[before:]

    def whole(self, text: str) -> list[int]:
        """The tokens of a prompt, with the one that texts begin with if this model's do."""
        tokens: list[int] = self._answered("tokenize", {"content": text, "add_special": True})["tokens"]
        return tokens

    def bare(self, text: str) -> list[int]:
        """The tokens of a text, none added."""
        tokens: list[int] = self._answered("tokenize", {"content": text, "add_special": False})["tokens"]
        return tokens

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens read like, with those spelt out that are no text."""
        text: str = self._answered("detokenize", {"tokens": list(tokens)})["content"]
        return text

    def _answered(self, path: str, asked: Reply) -> Reply:
        body = json.dumps(asked).encode()
        request = urllib.request.Request(f"{self._address}/{path}", body, self._headers)  # noqa: S310 - on loopback
        try:
            with _DIRECT.open(request, timeout=60) as response:
                told: Reply = json.load(response)
        except (OSError, ValueError) as err:
            if isinstance(err, urllib.error.HTTPError):
                err.close()
            what = "a text" if path == "tokenize" else "tokens; are all of them this model's?"
            raise RuntimeFailed(f"llama.cpp could not {path} {what} ({quoted(str(err))})") from err
        return told


class _Model:
    """A loaded model, and what it has in mind: the beginning that its prompts share, computed in one piece."""

    def __init__(self, server: Any, tokenizer: _Tokenizer, *, remembers: bool) -> None:
        self._server = server
        self._tokenizer = tokenizer
        self._remembers = remembers
        self._beginning: Prompt | list[int] | None = None
        self._tried_out: set[str] = set()

    def ask(self, request: Request, given_up: Callable[[], bool]) -> Output:
        """The model's answer. With one slot, one thread asks: the steps below are never interleaved."""
        body = _body(self._asked(request), request.config)
        if request.config.json_schema is not None:
            self._try_out(body["grammar"])
        beginning = request.prompt[: request.shared] if self._remembers and request.tokens is None else None
        started = time.perf_counter()
        if beginning:
            self._go_back_to(beginning)
        else:
            self._beginning = None
        chunks = self._stream(body | {"cache_prompt": bool(beginning)}, given_up, request)
        return _joined(chunks, time.perf_counter() - started, request.config.logprobs)

    def _asked(self, request: Request) -> Prompt | list[int]:
        """The prompt, or its tokens; of an empty text the one that texts begin with, or nothing would be said."""
        if request.tokens is not None:
            return list(request.tokens)
        return request.prompt or self._tokenizer.pair("", "a")[0]

    def weigh(self, context: str, continuation: str) -> Likelihood:
        """How likely the continuation is."""
        before, wanted = self._tokenizer.pair(context, continuation)
        if not before or not wanted:
            raise RuntimeFailed("a log-likelihood needs a continuation of at least one token, after a context")
        if self._remembers:
            self._go_back_to(before)
        weighed = self._forced(before, wanted, 1) or self._one_by_one(before, wanted, 1)
        return Likelihood(
            logprob=sum(token["logprob"] for token in weighed),
            tokens=len(wanted),
            greedy=all(token["id"] == token["top_logprobs"][0]["id"] for token in weighed),
        )

    def read(self, prompt: str | Sequence[int], alternatives: int) -> Reading:
        """How likely each token of the prompt is: slowly, for llama.cpp tells only of what it says itself."""
        tokens = self._tokenizer.whole(prompt) if isinstance(prompt, str) else list(prompt)
        if not tokens:
            raise RuntimeFailed("the prompt is empty: there is nothing to be read")
        first, rest = tokens[:1], tokens[1:]
        text, opened = self._tokenizer.text(tokens), self._tokenizer.text(first)
        self._beginning = None
        weighed = rest and (self._forced(first, rest, alternatives) or self._one_by_one(first, rest, alternatives))
        beyond = self._after(tokens, alternatives)
        told = _logprobs({"logprobs": {"content": weighed}}, alternatives)
        return Reading(
            text=prompt if isinstance(prompt, str) else text,
            tokens=(
                PromptToken(token=opened, logprob=None),
                *(PromptToken(token=each.token, logprob=each.logprob, top=each.top) for each in told),
            ),
            next=tuple(Alternative(token=each["token"], logprob=each["logprob"]) for each in beyond),
        )

    def _forced(self, before: list[int], wanted: list[int], alternatives: int) -> list[Reply]:
        """What llama.cpp tells of each token, and of the likeliest in its place; empty if it does not tell all.

        A grammar allows just these tokens, one after the other; what is told of them is from before the grammar.
        """
        grammar = "root ::= " + " ".join(f"<[{token}]>" for token in wanted)
        asked = {"prompt": before, "max_tokens": len(wanted), "grammar": grammar, "n_probs": alternatives}
        try:
            said = self._told(asked | {"cache_prompt": self._remembers})
        except RuntimeFailed:
            return []  # of a grammar that ends within a character
        return said if [token["id"] for token in said] == wanted else []

    def _one_by_one(self, before: list[int], wanted: list[int], alternatives: int) -> list[Reply]:
        """The same, slowly: of tokens that are a part of a character llama.cpp tells nothing, unless as alternatives
        to another token."""
        weighed: list[Reply] = []
        for at, token in enumerate(wanted):
            top = self._after([*before, *wanted[:at]], _WHOLE_VOCABULARY)
            found = next((each for each in top if each["id"] == token), None)
            if found is None:
                raise RuntimeFailed("llama.cpp does not tell how likely a token is; is `n_ctx` large enough?")
            weighed.append({**found, "top_logprobs": top[:alternatives]})
        return weighed

    def _after(self, tokens: list[int], alternatives: int) -> list[Reply]:
        """The likeliest tokens to come after these; none if there is no room for one more."""
        asked = {"prompt": tokens, "max_tokens": 1, "logit_bias": [[self._tilde, 1e4]]}
        said = self._told(asked | {"n_probs": alternatives, "cache_prompt": self._remembers})
        return said[0]["top_logprobs"] if said else []

    def _told(self, asked: Mapping[str, Any]) -> list[Reply]:
        """What is told of the tokens of an answer."""
        [choice] = _choices(self._whole({**_PLAIN, **asked}))
        told: list[Reply] = (choice.get("logprobs") or {}).get("content") or []
        return told

    @functools.cached_property
    def _tilde(self) -> int:
        """A token that no JSON begins with."""
        return self._tokenizer.bare("~")[-1]

    def _try_out(self, grammar: str) -> None:
        """RuntimeFailed if the grammar of a JSON schema does not hold: llama.cpp drops one that makes no sense to it,
        and says nothing. No JSON begins with a tilde, however much we ask for one."""
        if grammar in self._tried_out:
            return
        self._beginning = None
        asked = {"prompt": "JSON:", "max_tokens": 1, "grammar": grammar, "logit_bias": [[self._tilde, 1e4]]}
        [choice] = _choices(self._whole(_PLAIN | asked | {"cache_prompt": False}))
        if "~" in choice["text"]:
            raise RuntimeFailed(
                "llama.cpp cannot make sense of this `json_schema`; look for misspelt types and references"
            )
        self._tried_out.add(grammar)

    def _go_back_to(self, beginning: Prompt | list[int]) -> None:
        """Have the beginning, and nothing else, in mind.

        A request for one token leaves just that: its own ending differs from what any sample goes on with. A new
        beginning is computed afresh; a known one is there already, and only the ending is computed again.
        """
        known, self._beginning = beginning == self._beginning, None
        self._whole(_body(beginning, GenerateConfig(max_tokens=1)) | {"cache_prompt": known})
        self._beginning = beginning

    def _stream(self, body: Mapping[str, Any], given_up: Callable[[], bool], request: Request) -> list[Reply]:
        """The answer in pieces, taken token by token so that it can be told, and broken off."""
        chunks: list[Reply] = []

        def take(chunk: Reply) -> bool:
            chunks.append(chunk)
            if request.tell is not None and "choices" in chunk:
                request.tell(_piece(chunk, request.config.logprobs))
            return given_up()

        self._handled({**body, **_STREAMED}, take)
        return chunks

    def _whole(self, body: Mapping[str, Any]) -> Reply:
        """The answer in one piece."""
        reply: Reply = self._handled(body)
        _choices(reply)
        return reply

    def _handled(self, body: Mapping[str, Any], *take: Callable[[Reply], bool]) -> Any:
        handle = self._server.handle_completions if "prompt" in body else self._server.handle_chat_completions
        try:
            return handle(body, *take)
        except (RuntimeError, ValueError) as err:
            raise RuntimeFailed(f"llama.cpp failed: {quoted(str(err))}") from err


def _body(prompt: Prompt | list[int], config: GenerateConfig) -> dict[str, Any]:
    """A request in llama.cpp's words; RuntimeFailed names what it cannot heed."""
    for name in _unheeded(config):
        raise RuntimeFailed(f"llamacpp cannot heed `{name}`; leave it out of `generate`")
    asked: dict[str, Any] = (
        question("", config) | {"prompt": prompt} if isinstance(prompt, list) else question(prompt, config)
    )
    if config.top_k is not None:
        asked["top_k"] = config.top_k
    if config.json_schema is not None:
        asked["grammar"] = _grammar(json.dumps(config.json_schema))
    if config.logprobs is not None:
        # Without alternatives llama.cpp gives nothing at all.
        alternatives = max(1, config.logprobs)
        asked |= {"n_probs": alternatives} if "prompt" in asked else {"logprobs": True, "top_logprobs": alternatives}
    return _PLAIN | asked


def _unheeded(config: GenerateConfig) -> list[str]:
    return [name for name in _UNHEEDED if getattr(config, name) is not None]


@functools.lru_cache(maxsize=16)
def _grammar(schema: str) -> str:
    """The grammar of all JSON texts of that schema."""
    import xllamacpp  # noqa: PLC0415 - as above

    try:
        grammar: str = xllamacpp.json_schema_to_grammar(schema)
    except (RuntimeError, ValueError) as err:
        raise RuntimeFailed(f"llama.cpp cannot see to this `json_schema`: {quoted(str(err))}") from err
    return grammar


def _joined(chunks: Sequence[Reply], latency: float, alternatives: int | None) -> Output:
    """The answer that the pieces of a stream make up, or the only piece."""
    if not chunks:
        raise RuntimeFailed("llama.cpp gave no answer")
    reasons = [choice.get("finish_reason") for chunk in chunks for choice in _choices(chunk)]
    pieces = [_piece(chunk, alternatives) for chunk in chunks]
    return Output(
        text="".join(piece.text for piece in pieces),
        reasoning="".join(piece.reasoning for piece in pieces),
        stop_reason=stop_reason(next(filter(None, reversed(reasons)), None)),
        usage=usage(next((chunk["usage"] for chunk in reversed(chunks) if chunk.get("usage")), {})),
        latency=latency,
        logprobs=None if alternatives is None else tuple(token for piece in pieces for token in piece.logprobs),
    )


def _piece(chunk: Reply, alternatives: int | None) -> Piece:
    """What a chunk adds to the answer."""
    text, reasoning = "", ""
    logprobs: list[TokenLogprob] = []
    for choice in _choices(chunk):
        said = choice.get("delta") or choice.get("message") or {}
        text += choice.get("text") or said.get("content") or ""
        reasoning += said.get("reasoning_content") or ""
        logprobs += _logprobs(choice, alternatives)
    return Piece(text=text, reasoning=reasoning, logprobs=tuple(logprobs))


def _choices(reply: Reply) -> list[Reply]:
    """What is in a reply; RuntimeFailed if it is a complaint."""
    if "choices" not in reply:
        raise _refusal(reply.get("error", reply))
    choices: list[Reply] = reply["choices"]
    return choices


def _logprobs(choice: Reply, alternatives: int | None) -> Iterator[TokenLogprob]:
    for each in (choice.get("logprobs") or {}).get("content") or ():
        top = each.get("top_logprobs", [])[:alternatives]
        yield TokenLogprob(
            token=each["token"],
            logprob=each["logprob"],
            top=tuple(Alternative(token=other["token"], logprob=other["logprob"]) for other in top),
        )


def _refusal(complaint: Reply) -> RuntimeFailed:
    too_long = complaint.get("type") == "exceed_context_size_error"
    hint = " (`n_ctx`, an argument of the model)" if too_long else ""
    return RuntimeFailed(f"llama.cpp refused: {quoted(str(complaint.get('message', complaint)))}{hint}")
