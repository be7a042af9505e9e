"""Models in GGUF files, run by llama.cpp inside this process.

With one slot a greedy answer is a function of the prompt alone, whatever was asked before. Two things were measured
to break that, and are avoided: requests that share a batch are computed by other kernels than single ones, and a
prompt that is remembered up to where it differs from the last one is computed in other pieces each time
(docs/models.md has the figures). What all prompts of a run have in common is computed once, and always in one piece.
"""

import asyncio
import hashlib
import importlib.util
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchbook import (
    GenerateConfig,
    Output,
    PluginError,
    Prompt,
    Request,
    Runtime,
    RuntimeFailed,
    SpecError,
    register,
    settings,
    weights,
)
from benchbook.plugins.runtimes.completions import Reply, question, quoted, stop_reason, usage
from benchbook.plugins.runtimes.gguf import Header, read_header

_PLAIN = {
    # llama.cpp's own sampling defaults (top_k 40, min_p 0.05 …) out of the way
    "temperature": 0.0,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "stream": True,
    "stream_options": {"include_usage": True},
}


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


@register("runtime", preflight=_preflight)
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
    sha256 = await asyncio.to_thread(_sha256, plan.path) if plan.sha256 is None else plan.sha256
    server = await asyncio.to_thread(_loaded, plan)
    executor = ThreadPoolExecutor(plan.slots, thread_name_prefix="llamacpp")
    ask = _Model(server, remembers=plan.slots == 1).ask

    async def generate(request: Request) -> Output:
        given_up = threading.Event()
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(executor, ask, request, given_up.is_set)
        finally:
            # A request nobody waits for any more ends at its next token.
            given_up.set()

    try:
        yield Runtime(
            generate,
            prompt_style="chat" if plan.header.has_chat_template else "completion",
            facts=_facts(plan, sha256),
            slots=plan.slots,
        )
    finally:
        executor.shutdown(cancel_futures=True)


def _planned(model: str, path: str | None, n_ctx: int, slots: int, threads: int) -> _Plan:
    """How the model is to be run; an error of ours if it cannot be."""
    for name, value, least in (("n_ctx", n_ctx, 1), ("slots", slots, 1), ("threads", threads, 0)):
        if value < least:
            raise SpecError(f"expected at least {least}, got {value}", field=["args", name])
    file, sha256 = _found(model, path)
    header = read_header(file)
    if 0 < header.context_length < n_ctx:
        raise SpecError(f"the model was trained for {header.context_length} tokens at most", field=["args", "n_ctx"])
    if importlib.util.find_spec("xllamacpp") is None:
        raise PluginError("llama.cpp is not installed; run `pip install xllamacpp`")
    return _Plan(file, sha256, header, n_ctx, slots, threads or max(1, settings.cores() - 1))


def _found(model: str, path: str | None) -> tuple[Path, str | None]:
    """The file, and its SHA-256 if that was checked when it was pulled."""
    if path is not None or model.endswith(".gguf"):
        file = Path(path or model).expanduser()
        if not file.is_file():
            raise SpecError(f"there is no file {file}", field=["args", "path"] if path else ["model"])
        return file, None
    try:
        known = weights(model)
    except SpecError as err:
        raise SpecError(f"{err.message}; or give the path of a .gguf file", field=["model"]) from None
    folder = settings.load().models
    if not known.pulled(folder):
        raise SpecError(f"the weights of {model} are not here; run `benchbook models pull {model}`", field=["model"])
    return known.path(folder), known.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _loaded(plan: _Plan) -> Any:
    """The model, in memory and ready."""
    import xllamacpp  # noqa: PLC0415 - 34 MB, only for those who use it

    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(plan.path)
    wanted.n_parallel = plan.slots
    wanted.n_ctx = plan.n_ctx * plan.slots  # llama.cpp divides it among the slots
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = plan.threads
    wanted.fit_params = False  # take n_ctx at our word, whatever memory is free
    wanted.verbosity = -1
    wanted.cache_ram_mib = 0
    wanted.swa_full = True  # or a model with a sliding window could not go back to where its prompts part
    # It listens on loopback too, whether we want it or not: nobody else shall use it.
    wanted.api_keys = [secrets.token_hex(16)]
    wanted.ui = wanted.endpoint_slots = False
    wanted.n_threads_http = 1
    try:
        return xllamacpp.Server(wanted)
    except RuntimeError as err:
        raise PluginError(
            f"llama.cpp cannot load {plan.path}: the file is damaged, or memory is short, "
            f"or xllamacpp {version('xllamacpp')} does not know its kind ({plan.header.architecture})"
        ) from err


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


class _Model:
    """A loaded model, and what it has in mind: the beginning that its prompts share, computed in one piece."""

    def __init__(self, server: Any, *, remembers: bool) -> None:
        self._server = server
        self._remembers = remembers
        self._beginning: Prompt | None = None

    def ask(self, request: Request, given_up: Callable[[], bool]) -> Output:
        """The model's answer. With one slot, one thread asks: the steps below are never interleaved."""
        beginning = request.prompt[: request.shared] if self._remembers else None
        started = time.perf_counter()
        if beginning:
            self._go_back_to(beginning)
        else:
            self._beginning = None
        chunks = self._stream(request.prompt, request.config, given_up, cached=bool(beginning))
        return _joined(chunks, time.perf_counter() - started)

    def _go_back_to(self, beginning: Prompt) -> None:
        """Have the beginning, and nothing else, in mind.

        A request for one token leaves just that: its own ending differs from what any sample goes on with. A new
        beginning is computed afresh; a known one is there already, and only the ending is computed again.
        """
        known, self._beginning = beginning == self._beginning, None
        self._stream(beginning, GenerateConfig(max_tokens=1), lambda: False, cached=known)
        self._beginning = beginning

    def _stream(
        self, prompt: Prompt, config: GenerateConfig, given_up: Callable[[], bool], *, cached: bool
    ) -> list[Reply]:
        """The answer in pieces, taken token by token so that it can be broken off."""
        chunks: list[Reply] = []

        def take(chunk: Reply) -> bool:
            chunks.append(chunk)
            return given_up()

        body = _PLAIN | question(prompt, config) | {"cache_prompt": cached}
        handle = self._server.handle_completions if "prompt" in body else self._server.handle_chat_completions
        try:
            handle(body, take)
        except (RuntimeError, ValueError) as err:
            raise RuntimeFailed(f"llama.cpp failed: {quoted(str(err))}") from err
        return chunks


def _joined(chunks: Sequence[Reply], latency: float) -> Output:
    """The answer that the pieces of a stream make up."""
    text, reason = "", None
    spent: Reply = {}
    for chunk in chunks:
        if "choices" not in chunk:
            raise _refusal(chunk.get("error", chunk))
        spent = chunk.get("usage") or spent
        for choice in chunk["choices"]:
            text += choice.get("text") or choice.get("delta", {}).get("content") or ""
            reason = choice.get("finish_reason") or reason
    if not chunks:
        raise RuntimeFailed("llama.cpp gave no answer")
    return Output(text=text, stop_reason=stop_reason(reason), usage=usage(spent), latency=latency)


def _refusal(complaint: Reply) -> RuntimeFailed:
    too_long = complaint.get("type") == "exceed_context_size_error"
    hint = " (`n_ctx`, an argument of the model)" if too_long else ""
    return RuntimeFailed(f"llama.cpp refused: {quoted(str(complaint.get('message', complaint)))}{hint}")
