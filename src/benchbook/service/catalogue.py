"""What there is to work with: tasks, rubrics, models, plugins, presets, prompts."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import get_args

from pydantic import JsonValue

from benchbook import registry
from benchbook.errors import BenchbookError
from benchbook.protocols import Kind
from benchbook.records.datasets import Dataset
from benchbook.service import models as model_service
from benchbook.service.models import EmbeddedModel
from benchbook.settings import Settings
from benchbook.specs.files import read_text
from benchbook.specs.judging import PromptTemplate, template
from benchbook.specs.rubric_forms import criteria
from benchbook.specs.rubrics import Rubric, built_in, rubric
from benchbook.store import pages, views
from benchbook.store.pages import ModelUse, RunRow
from benchbook.store.store import Store


@dataclass(frozen=True)
class PluginFacts:
    """A plugin that a config can name."""

    kind: Kind
    name: str
    about: str
    """What it says of itself, first paragraph."""
    arguments: Mapping[str, JsonValue] | None
    """The JSON schema of its arguments; None if it cannot be imported."""
    package: str | None
    """Whose it is; None if it came with Benchbook."""
    version: str | None
    error: str | None
    """Why it cannot be used."""


@dataclass(frozen=True)
class RubricFacts:
    """A rubric that came along."""

    name: str
    version: str
    rubric: Rubric
    criteria: str
    """As a judge is told."""


@dataclass(frozen=True)
class ModelFacts:
    """A model: embedded, or one that was asked before."""

    name: str
    model: str
    """As `runtime/name`."""
    title: str | None
    embedded: bool
    pulled: bool
    terms: bool
    """Whether it has terms of use to accept before it is fetched."""
    runs: int
    """How many runs asked it."""
    newest_run: RunRow | None


@dataclass(frozen=True)
class Preset:
    """A config that comes along, to begin from."""

    name: str
    description: str
    yaml: str


@dataclass(frozen=True)
class PromptFacts:
    """A prompt template in use."""

    name: str
    compares: bool
    """Whether it shows two answers."""
    template: PromptTemplate


@dataclass(frozen=True)
class DatasetWhole:
    """A data set, and the runs that were asked it."""

    dataset: Dataset
    runs: Sequence[RunRow]


def plugins(kinds: Sequence[Kind] = get_args(Kind)) -> list[PluginFacts]:
    """Every plugin of these kinds."""
    return [_plugin(kind, name) for kind in kinds for name in registry.names(kind)]


def rubrics() -> list[RubricFacts]:
    """The rubrics that come along."""
    found = [rubric(name) for name in built_in()]
    return [RubricFacts(one.name, one.version, one, criteria(one)) for one in found]


def models(store: Store, settings: Settings) -> list[ModelFacts]:
    """The embedded models, then those that were asked before, the newest first."""
    asked = {use.model: use for use in pages.models_asked(store)}
    answering = [each for each in model_service.catalogue(settings) if each.weights.prompt_style]
    embedded = [_embedded(store, each, asked) for each in answering]
    known = {one.model for one in embedded}
    return [*embedded, *(_asked(store, use) for name, use in asked.items() if name not in known)]


def presets() -> list[Preset]:
    """The configs that come along."""
    shipped = files("benchbook") / "data" / "configs"
    # In a checkout they lie where users find them.
    folder = shipped if shipped.is_dir() else _CHECKOUT / "configs"
    found = [file for file in folder.iterdir() if file.name.endswith(".yaml")] if folder.is_dir() else []
    return [_preset(file.name, file.read_text(encoding="utf-8")) for file in sorted(found, key=lambda file: file.name)]


def prompts() -> list[PromptFacts]:
    """The prompt templates of judges that come along, by what they show."""
    kinds = {rubric(name).compares: rubric(name) for name in built_in()}
    names = {True: "judge_pair.txt", False: "judge_one.txt"}
    return [PromptFacts(names[compares], compares, template(None, one)) for compares, one in sorted(kinds.items())]


def dataset(store: Store, dataset_id: str) -> DatasetWhole:
    """A data set, and the newest runs that were asked it."""
    return DatasetWhole(views.dataset(store, dataset_id), pages.runs_on(store, dataset_id, _RUNS))


_CHECKOUT = Path(__file__).parents[3]
_RUNS = 50


def _plugin(kind: Kind, name: str) -> PluginFacts:
    try:
        factory = registry.plugin(kind, name).factory
    except BenchbookError as err:
        return PluginFacts(kind, name, "", None, None, None, str(err))
    package, version = registry.origin(kind, name) or (None, None)
    about = (inspect.getdoc(factory) or "").partition("\n\n")[0].replace("\n", " ")
    return PluginFacts(kind, name, about, registry.arguments_schema(kind, name), package, version, None)


def _embedded(store: Store, one: EmbeddedModel, asked: Mapping[str, ModelUse]) -> ModelFacts:
    weights = one.weights
    use = asked.get(weights.model)
    return ModelFacts(
        name=weights.name,
        model=weights.model,
        title=weights.title,
        embedded=True,
        pulled=one.pulled,
        terms=bool(weights.terms),
        runs=use.runs if use else 0,
        newest_run=pages.run_row(store, use.newest_run) if use else None,
    )


def _asked(store: Store, use: ModelUse) -> ModelFacts:
    return ModelFacts(
        name=use.name,
        model=use.model,
        title=None,
        embedded=False,
        pulled=True,
        terms=False,
        runs=use.runs,
        newest_run=pages.run_row(store, use.newest_run),
    )


def _preset(name: str, text: str) -> Preset:
    data = read_text(name, text).data
    return Preset(name.removesuffix(".yaml"), str(data.get("description", "")), text)
