"""A model server of one's own: started for a run, asked as any OpenAI-compatible server, stopped for sure."""

import asyncio
import importlib.util
import shlex
import shutil
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from benchbook import GenerateConfig, PluginError, PromptStyle, Runtime, SpecError, Use, opened, register, settings
from benchbook import weights as embedded
from benchbook.plugins.runtimes.dialects import DIALECTS, ServerName, question_in
from benchbook.plugins.runtimes.gguf import read_header
from benchbook.plugins.runtimes.hf_weights import config_files, digest, weight_files
from benchbook.plugins.runtimes.parameters import check
from benchbook.plugins.runtimes.server_process import Launch, running, served


@dataclass(frozen=True)
class _Kind:
    """A server that we know how to start."""

    command: tuple[str, ...]
    health: str
    remedy: str
    dialect: ServerName = "any"


_HERE = ("--host", "127.0.0.1", "--port", "{port}")
_KINDS: Mapping[str, _Kind] = {
    "vllm": _Kind(("vllm", "serve", "{model}", *_HERE), "/health", "pip install vllm", "vllm"),
    "transformers": _Kind(
        ("transformers", "serve", "{model}", *_HERE), "/health", "pip install 'transformers[serving]'"
    ),
    "llama-server": _Kind(
        ("llama-server", "--model", "{model}", *_HERE),
        "/health",
        "install llama.cpp, with llama-server on the PATH",
        "llamacpp",
    ),
    "llama-cpp-python": _Kind(
        ("{python}", "-m", "llama_cpp.server", "--model", "{model}", *_HERE),
        "/v1/models",
        "pip install 'llama-cpp-python[server]'",
    ),
}


@dataclass(frozen=True)
class _Plan:
    """A server that is to be started, and what it serves."""

    kind: str
    launch: Launch
    model: str
    """A path, or a name on the hub; empty if the command says it itself."""
    served_model: str | None
    timeout: float
    dialect: ServerName


def _preflight(**arguments: Any) -> None:
    _planned(**arguments)


def _vet(config: GenerateConfig, style: PromptStyle, *, model: str, dialect: ServerName | None, **_: Any) -> None:
    check(partial(question_in, DIALECTS[_spoken(model, dialect)]), config, style)


@register("runtime", preflight=_preflight, vet=_vet)
async def server(  # noqa: PLR0913 - the settings of a plugin are its arguments
    model: str,
    weights: str = "",
    *,
    command: tuple[str, ...] = (),
    options: tuple[str, ...] = (),
    gpus: tuple[int, ...] | None = None,
    environment: dict[str, str] | None = None,
    served_model: str | None = None,
    health: str | None = None,
    patience: float = 600.0,
    timeout: float = 600.0,  # noqa: ASYNC109 - of each request, not of this function
    dialect: ServerName | None = None,
) -> AsyncIterator[Runtime]:
    """`server/vllm`, `server/transformers`, `server/llama-server`, `server/llama-cpp-python`, or any name with a
    `command`, in which `{model}` stands for the weights, `{port}` for the port and `{python}` for our Python.

    `weights` is a path, a name on the hub, or an embedded model; `options` go behind the command. `gpus` are the
    numbers of those it may see. `dialect` is what openai-compatible calls `server`. It is ready when `health` answers
    200, at most `patience` seconds after its start.
    """
    plan = _planned(
        model, weights, command, options, gpus, environment, served_model, health, patience, timeout, dialect
    )
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(running(plan.launch))
        name = plan.served_model or await served(address) or plan.model
        base_url, timeout = f"{address}/v1", plan.timeout
        asked = Use(
            name="openai-compatible",
            args={"model": name, "base_url": base_url, "timeout": timeout, "server": plan.dialect},
        )
        runtime: Runtime = await stack.enter_async_context(opened("runtime", asked))
        facts = {name: value for name, value in runtime.facts.items() if name != "base_url"}  # another at each start
        facts |= await asyncio.to_thread(_facts, plan)
        # Each start has a log of its own, and it decides no answer.
        identity = {name: value for name, value in facts.items() if name != "log"}
        yield replace(runtime, prompt_style=_prompt_style(plan, runtime), facts=facts, identity=identity)


def _planned(  # noqa: PLR0913, PLR0917 - as above
    model: str,
    weights: str,
    command: tuple[str, ...],
    options: tuple[str, ...],
    gpus: tuple[int, ...] | None,
    environment: dict[str, str] | None,
    served_model: str | None,
    health: str | None,
    patience: float,
    timeout: float,
    dialect: ServerName | None,
) -> _Plan:
    """The server as it is to be started; an error of ours if it cannot be."""
    for name, value in (("patience", patience), ("timeout", timeout)):
        if value <= 0:
            raise SpecError(f"expected more than 0 seconds, got {value}", field=["args", name])
    served_path = _path(weights)
    words = _command(model, command, served_path, options)
    variables = dict(environment or {})
    if any("=" in name or not name for name in variables):
        raise SpecError("the name of a variable is not empty, and has no = in it", field=["args", "environment"])
    if gpus is not None:
        variables["CUDA_VISIBLE_DEVICES"] = ",".join(map(str, gpus))
    ready = health or (_KINDS[model].health if model in _KINDS and not command else "/v1/models")
    if not ready.startswith("/"):
        raise SpecError(f"expected a path like /health, got {ready!r}", field=["args", "health"])
    label = model if model in _KINDS else "command"
    log = settings.load().home / "logs" / f"server-{label}-{time.time_ns()}.log"
    launch = Launch(words, variables, ready, patience, log)
    return _Plan(label, launch, served_path, served_model, timeout, _spoken(model, dialect))


def _spoken(model: str, dialect: ServerName | None) -> ServerName:
    return dialect or (_KINDS[model].dialect if model in _KINDS else "any")


def _path(weights: str) -> str:
    """The weights as a server wants them named: the file of an embedded model, or else what was said."""
    path = Path(weights).expanduser()
    if not weights or path.exists():
        return str(path) if weights else ""
    if weights.startswith((".", "/", "~")) or weights.endswith(".gguf"):
        raise SpecError(f"there is no file or folder {path}", field=["args", "weights"])
    if "/" in weights:
        return weights
    try:
        known = embedded(weights)
    except SpecError as err:
        raise SpecError(
            f"{err.message}; or give a path, or ORGANISATION/NAME on the hub", field=["args", "weights"]
        ) from None
    models = settings.load().models
    if not known.pulled(models):
        message = f"the weights of {weights} are not here; run `benchbook models pull {weights}`"
        raise SpecError(message, field=["args", "weights"])
    return str(known.path(models))


def _command(model: str, command: tuple[str, ...], weights: str, options: tuple[str, ...]) -> tuple[str, ...]:
    """The command, with all but the port in place."""
    if not command and model not in _KINDS:
        kinds = ", ".join(_KINDS)
        raise SpecError(f"unknown server {model!r}; take one of {kinds}, or give a `command`", field=["model"])
    words = command or _KINDS[model].command
    text = " ".join(words)
    if "{port}" not in text:
        raise SpecError("the command does not say where the port goes; write {port} there", field=["args", "command"])
    if "{model}" in text and not weights:
        raise SpecError("say which weights it is to serve: a path, or a name on the hub", field=["args", "weights"])
    filled = [word.replace("{model}", weights).replace("{python}", sys.executable) for word in (*words, *options)]
    program = _program(filled[0])
    if program is None or (
        model == "llama-cpp-python" and not command and importlib.util.find_spec("llama_cpp") is None
    ):
        remedy = "give its path" if command else _KINDS[model].remedy
        raise PluginError(f"the server {filled[0] if command else model} is not installed here; {remedy}")
    return (program, *filled[1:])


def _program(name: str) -> str | None:
    """Where the program lies: beside our Python, or on the PATH."""
    if "/" in name:
        return shutil.which(name)
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else shutil.which(name)


def _prompt_style(plan: _Plan, runtime: Runtime) -> PromptStyle:
    """What the weights were made for, where a file says it."""
    path = Path(plan.model)
    if path.suffix == ".gguf" and path.is_file():
        return "chat" if read_header(path).has_chat_template else "completion"
    return runtime.prompt_style


def _facts(plan: _Plan) -> Mapping[str, str]:
    facts = {
        "server": plan.kind,
        "command": shlex.join(plan.launch.command),
        "environment": " ".join(f"{name}={value}" for name, value in sorted(plan.launch.environment.items())),
        "log": str(plan.launch.log),
        "weights": plan.model,
    }
    path = Path(plan.model)
    folder = path if plan.model and path.is_dir() else None
    files = weight_files(folder) if folder else [path] if path.is_file() else []
    if files:
        facts["sha256"] = digest(files)
    if folder:
        facts["config_sha256"] = digest(config_files(folder))
    return {name: value for name, value in facts.items() if value}
