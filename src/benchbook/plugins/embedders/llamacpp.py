"""Models in GGUF files that embed texts, run by llama.cpp inside this process. Each text is computed by itself: what
shares a batch is computed by other kernels, and a vector shall not depend on its neighbours."""

import asyncio
import functools
import importlib.util
import math
import secrets
from array import array
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchbook import Embedder, PluginError, RuntimeFailed, SpecError, register, settings
from benchbook.plugins.runtimes.completions import quoted
from benchbook.plugins.runtimes.gguf import read_header
from benchbook.plugins.runtimes.llamacpp import server_of, sha256_of, weights_file

Vector = Sequence[float]

_MOST_TOKENS = 2048
"""Tokens that are read at once, at most."""
_CHARACTERS = 3
"""Characters of a token, about: a longer text is read in pieces."""
_REMEMBERED = 4096
"""Texts whose vectors are at hand: references come again with every epoch."""


def _preflight(model: str, *, path: str | None, threads: int) -> None:
    _planned(model, path, threads)


@register("embedder", preflight=_preflight)
async def llamacpp(
    model: str = "all-minilm-l6-v2", *, path: str | None = None, threads: int = 0
) -> AsyncIterator[Embedder]:
    """An embedded model by name, or any GGUF file of a model that embeds: `{llamacpp: FOLDER/FILE.gguf}`, or `path`.

    `threads` is one less than there are cores unless given. A text that is longer than the model can read is read in
    pieces, and its vector is their mean.
    """
    file, checked = _planned(model, path, threads)
    sha256 = await asyncio.to_thread(sha256_of, file) if checked is None else checked
    loaded = await asyncio.to_thread(_loaded, file, threads or max(1, settings.cores() - 1))
    executor = ThreadPoolExecutor(1, thread_name_prefix="embedder")
    loop = asyncio.get_running_loop()
    broken_off = False

    def all_of(texts: Sequence[str]) -> list[Vector]:
        return [loaded.vector(text) for text in texts if not broken_off]

    async def embed(texts: Sequence[str]) -> Sequence[Vector]:
        return await loop.run_in_executor(executor, all_of, texts)

    facts = {
        "embedder": file.name,
        "embedder.sha256": sha256,
        "embedder.runtime": f"xllamacpp {version('xllamacpp')}",
    }
    try:
        yield Embedder(embed, facts)
    finally:
        broken_off = True
        await asyncio.to_thread(executor.shutdown, cancel_futures=True)


def _planned(model: str, path: str | None, threads: int) -> tuple[Path, str | None]:
    """The file, and its SHA-256 if that is known; an error of ours if it cannot be loaded."""
    if threads < 0:
        raise SpecError(f"expected at least 0, got {threads}", field=["args", "threads"])
    found = weights_file(model, path, embeds=True)
    read_header(found[0])
    if importlib.util.find_spec("xllamacpp") is None:
        raise PluginError("llama.cpp is not installed; run `pip install xllamacpp`")
    return found


def _loaded(file: Path, threads: int) -> "_Model":
    """The model, in memory, and tried out."""
    import xllamacpp  # noqa: PLC0415 - 34 MB, only for those who use it

    header = read_header(file)
    room = min(header.context_length or _MOST_TOKENS, _MOST_TOKENS)
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(file)
    wanted.embedding = True
    wanted.n_parallel = 1
    wanted.n_ctx = wanted.n_batch = wanted.n_ubatch = room
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = threads
    loaded = _Model(server_of(wanted, secrets.token_hex(16), header), room)
    try:
        loaded.vector("a")
    except RuntimeFailed as err:
        raise PluginError(f"{file} is no model that embeds texts: {err}") from err
    return loaded


class _Model:
    def __init__(self, server: Any, room: int) -> None:
        self._server = server
        self._room = room
        self.vector = functools.lru_cache(_REMEMBERED)(self._vector)

    def _vector(self, text: str) -> Vector:
        # What is no Unicode stands as a question mark.
        pieces = list(self._pieces(text.encode(errors="replace").decode()))
        mean = [math.fsum(numbers) for numbers in zip(*pieces, strict=True)]
        length = math.hypot(*mean) or 1.0
        return array("f", [number / length for number in mean])

    def _pieces(self, text: str) -> Iterator[Vector]:
        size = _CHARACTERS * self._room
        for at in range(0, len(text) or 1, size):
            yield from self._halves(text[at : at + size])

    def _halves(self, text: str) -> Iterator[Vector]:
        """The vector of the text, or of its parts where it has more tokens than can be read at once."""
        try:
            reply = self._server.handle_embeddings({"input": text})
        except (RuntimeError, ValueError) as err:
            raise RuntimeFailed(f"llama.cpp failed: {quoted(str(err))}") from err
        if "data" in reply:
            [found] = reply["data"]
            yield found["embedding"]
            return
        complaint = str(reply.get("error", {}).get("message", reply))
        if "too large" not in complaint or len(text) < 2:
            raise RuntimeFailed(f"llama.cpp refused: {quoted(complaint)}")
        for half in (text[: len(text) // 2], text[len(text) // 2 :]):
            yield from self._halves(half)
