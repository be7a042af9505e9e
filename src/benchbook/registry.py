"""(kind, name) → plugin. Ours come in through the same door as anyone's: entry points named `benchbook.KIND`.

Files that BENCHBOOK_PLUGINS names are imported, too, for plugins that are in no package.
"""

import functools
import hashlib
import inspect
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import EntryPoints, entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, JsonValue, create_model

from benchbook import settings
from benchbook.errors import PluginError, SpecError
from benchbook.protocols import Kind
from benchbook.specs.models import GenerateConfig, PromptStyle
from benchbook.specs.quoting import with_article
from benchbook.specs.spec import unknown, validated
from benchbook.specs.use import Use

Factory = Callable[..., Any]


@dataclass(frozen=True)
class Plugin:
    """A registered factory."""

    kind: Kind
    name: str
    factory: Factory
    preflight: Callable[..., None] | None
    """Called with the factory's arguments before any run begins: raises if the plugin could not start."""
    vet: Callable[..., None] | None = None
    """A runtime's: called with a GenerateConfig, a PromptStyle and the factory's arguments before any run begins;
    raises SpecError for a parameter that it could not heed."""
    metrics: tuple[str, ...] = ()
    """A scorer's: what its verdicts are folded into, besides the mean of each."""


_plugins: dict[tuple[Kind, str], Plugin] = {}
_files: dict[str, tuple[Path, str]] = {}
"""Files that plugins were taken from, with their digests, by the name of the module that each became."""


def register(
    kind: Kind,
    name: str | None = None,
    *,
    preflight: Callable[..., None] | None = None,
    vet: Callable[..., None] | None = None,
    metrics: Sequence[str] = (),
) -> Callable[[Factory], Factory]:
    """Make the decorated factory the plugin `name` (its own name, with hyphens, unless given)."""

    def keep(factory: Factory) -> Factory:
        plugin_name = name or factory.__name__.replace("_", "-")
        _plugins[kind, plugin_name] = Plugin(kind, plugin_name, factory, preflight, vet, tuple(metrics))
        return factory

    return keep


def plugin(kind: Kind, name: str) -> Plugin:
    """The plugin of that name; SpecError with the nearest name if there is none."""
    if (kind, name) not in _plugins:
        _import_files()
    if (kind, name) not in _plugins:
        _import_entry_point(kind, name)
    return _plugins[kind, name]


def names(kind: Kind) -> list[str]:
    """All names of a kind, sorted: registered here, or offered by an installed package."""
    _import_files()
    offered = {point.name for point in _offered(kind)}
    return sorted(offered | {name for of_kind, name in _plugins if of_kind == kind})


def origin(kind: Kind, name: str) -> tuple[str, str] | None:
    """The package that offers the plugin, and its version; or its file, and the digest; None if it is ours, or was
    registered without either."""
    # Looking through what is installed takes a while, and ours are known by their module.
    known = _plugins.get((kind, name))
    if known is not None and (file := _files.get(known.factory.__module__)):
        return file[0].name, f"sha256 {file[1][:12]}"
    ours = known is not None and known.factory.__module__.partition(".")[0] == "benchbook"
    points = () if ours else _offered(kind).select(name=name)
    package = next((point.dist for point in points if point.dist), None)
    return (package.name, package.version) if package else None


def check(kind: Kind, use: Use) -> dict[str, Any]:
    """The arguments of `use`, checked against the plugin's signature; SpecError names the bad one."""
    found = plugin(kind, use.name)
    model = _arguments_model(found.factory)
    given = _given(found, use)
    for key in given:
        if key not in model.model_fields:
            raise SpecError(unknown(f"argument of {kind} {use.name!r}:", key, model.model_fields), field=[key])
    try:
        checked = validated(model, given)
    except SpecError as err:
        raise SpecError(f"{kind} {use.name!r}: {err.message}", field=err.field) from None
    return {field: getattr(checked, field) for field in type(checked).model_fields}


def arguments_schema(kind: Kind, name: str) -> dict[str, Any]:
    """The JSON schema of the plugin's arguments, to draw a form by."""
    return _arguments_model(plugin(kind, name).factory).model_json_schema(mode="validation")


def with_default(kind: Kind, use: Use, name: str, value: JsonValue) -> Use:
    """The use with that argument, if its plugin takes one of that name and the use does not give it."""
    found = plugin(kind, use.name)
    if name not in inspect.signature(found.factory).parameters or name in _given(found, use):
        return use
    return use.model_copy(update={"args": {**use.args, name: value}})


def preflight(kind: Kind, use: Use) -> None:
    """Find out, cheaply and before any work, whether the plugin could start; it raises what is wrong."""
    arguments = check(kind, use)
    probe = plugin(kind, use.name).preflight
    if probe is not None:
        probe(**arguments)


def vet(use: Use, config: GenerateConfig, style: PromptStyle) -> None:
    """Find out before any work whether the runtime could heed those parameters; it raises what is wrong."""
    found = plugin("runtime", use.name)
    if found.vet is not None:
        found.vet(config, style, **check("runtime", use))


def build(kind: Kind, use: Use) -> Any:
    """What the plugin's factory returns."""
    return plugin(kind, use.name).factory(**check(kind, use))


@asynccontextmanager
async def opened(kind: Kind, use: Use) -> AsyncIterator[Any]:
    """What the plugin's factory returns or yields; closed at the end if it yielded."""
    made = build(kind, use)
    if not inspect.isasyncgen(made):
        yield made
        return
    async with asynccontextmanager(lambda: made)() as value:
        yield value


def _import_files() -> None:
    known = {file for file, _ in _files.values()}
    for file in settings.plugin_files():
        if file not in known:
            _import_file(file)


def _import_file(file: Path) -> None:
    module = f"benchbook_plugins_{len(_files)}_{file.stem}"
    made = spec_from_file_location(module, file)
    if made is None or made.loader is None or not file.is_file():
        raise SpecError(f"BENCHBOOK_PLUGINS names {file}, which is no Python file")
    _files[module] = file, hashlib.sha256(file.read_bytes()).hexdigest()
    sys.modules[module] = module_from_spec(made)
    before = dict(_plugins)
    try:
        made.loader.exec_module(sys.modules[module])
        _taken(module)
    except Exception as err:
        del _files[module], sys.modules[module]
        _plugins.clear()
        _plugins.update(before)
        told = err if isinstance(err, SpecError) else f"{type(err).__name__}: {err}"
        raise PluginError(f"{file}, which BENCHBOOK_PLUGINS names, cannot be imported: {told}") from err


def _taken(module: str) -> None:
    """Refuse a name that a package offers: which of the two were meant would depend on who comes first."""
    for (kind, name), one in _plugins.items():
        if one.factory.__module__ == module and _offered(kind).select(name=name):
            raise SpecError(
                f"there is {with_article(kind)} {name!r} already; give it another name: @register({kind!r}, NAME)"
            )


def _offered(kind: Kind) -> EntryPoints:
    """What installed packages offer of a kind."""
    return _installed(tuple(sys.path))(group=f"benchbook.{kind}")


@functools.lru_cache(maxsize=1)
def _installed(path: tuple[str, ...]) -> Callable[..., EntryPoints]:  # noqa: ARG001 - the packages are found on it
    """Selects among all that packages offer to anyone: to look through them takes some milliseconds."""
    return entry_points().select


def _import_entry_point(kind: Kind, name: str) -> None:
    points = _offered(kind).select(name=name)
    if not points:
        raise SpecError(_nothing_of(kind, name))
    [point, *_] = points
    try:
        loaded = point.load()
    except Exception as err:
        origin = f" of the package {point.dist.name}" if point.dist else ""
        raise PluginError(f"{kind} {name!r}{origin} cannot be imported: {type(err).__name__}: {err}") from err
    if (kind, name) not in _plugins:
        _plugins[kind, name] = Plugin(kind, name, loaded, None)


def _nothing_of(kind: Kind, name: str) -> str:
    if kind == "runtime" and name in _SERVED:
        return f"unknown runtime {name!r}; ask for openai-compatible/MODEL with the argument base_url={_SERVED[name]}"
    told = unknown(kind, name, names(kind))
    own = "; one of your own is offered by a package, or by a file in BENCHBOOK_PLUGINS"
    return told if told.endswith("?") else told + own


_SERVED = {
    "deepseek": "https://api.deepseek.com/v1",
    "fireworks": "https://api.fireworks.ai/inference/v1",
    "groq": "https://api.groq.com/openai/v1",
    "litellm": "http://localhost:4000/v1",
    "lmstudio": "http://localhost:1234/v1",
    "mistral": "https://api.mistral.ai/v1",
    "ollama": "http://localhost:11434/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "sglang": "http://localhost:30000/v1",
    "together": "https://api.together.xyz/v1",
    "vllm": "http://localhost:8000/v1",
}
"""What other tools have a name of its own for, and we ask as any server of its kind."""


def _given(found: Plugin, use: Use) -> dict[str, Any]:
    if use.first is None:
        return use.args
    parameters = list(inspect.signature(found.factory).parameters)
    if not parameters:
        raise SpecError(f"{found.kind} {found.name!r} takes no argument", field=[use.name])
    return {parameters[0]: use.first, **use.args}


@functools.cache
def _arguments_model(factory: Factory) -> type[BaseModel]:
    """A strict model of the factory's parameters."""
    config = ConfigDict(strict=True, frozen=True, arbitrary_types_allowed=True)
    return create_model(f"{factory.__name__}_arguments", __config__=config, **dict(_fields(factory)))


def _fields(factory: Factory) -> Iterator[tuple[str, Any]]:
    hints = get_type_hints(factory)
    for parameter in inspect.signature(factory).parameters.values():
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        yield parameter.name, (hints.get(parameter.name, Any), default)


__all__ = ["Plugin", "build", "check", "names", "opened", "plugin", "preflight", "register", "vet", "with_default"]
