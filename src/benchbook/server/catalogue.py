"""What there is to work with: data sets, tasks, rubrics, models, plugins, presets, prompts."""

from benchbook.records.datasets import Dataset, Sample
from benchbook.server.access import scope
from benchbook.server.given import After, Limit, Number, Placed, Stored, routes
from benchbook.service import catalogue
from benchbook.service.catalogue import DatasetWhole, ModelFacts, PluginFacts, Preset, PromptFacts, RubricFacts
from benchbook.store import dataset_pages, pages
from benchbook.store.dataset_pages import SampleBrief
from benchbook.store.pages import Page

router = routes("data")


@router.get("/datasets", dependencies=[scope("read")])
def list_datasets(store: Stored, limit: Limit = 50, after: After = None) -> Page[Dataset]:
    """The data sets that were read, newest first."""
    return pages.datasets(store, limit, after)


@router.get("/datasets/{dataset_id}", dependencies=[scope("read")])
def get_dataset(store: Stored, dataset_id: str) -> DatasetWhole:
    """A data set, and the newest runs on it."""
    return catalogue.dataset(store, dataset_id)


@router.get("/datasets/{dataset_id}/samples", dependencies=[scope("read")])
def list_dataset_samples(store: Stored, dataset_id: str, limit: Limit = 50, after: After = None) -> Page[SampleBrief]:
    """The samples of a data set, in their order."""
    return dataset_pages.samples(store, dataset_id, limit, after)


@router.get("/datasets/{dataset_id}/samples/{position}", dependencies=[scope("read")])
def get_dataset_sample(store: Stored, dataset_id: str, position: Number) -> Sample:
    """A sample of a data set in full."""
    return dataset_pages.sample(store, dataset_id, position)


@router.get("/tasks", dependencies=[scope("read")])
def list_tasks() -> list[PluginFacts]:
    """The tasks that a config can name."""
    return catalogue.plugins(["task"])


@router.get("/plugins", dependencies=[scope("read")])
def list_plugins() -> list[PluginFacts]:
    """Every plugin, with the JSON schema of its arguments."""
    return catalogue.plugins()


@router.get("/rubrics", dependencies=[scope("read")])
def list_rubrics() -> list[RubricFacts]:
    """The rubrics that come along."""
    return catalogue.rubrics()


@router.get("/models", dependencies=[scope("read")])
def list_models(store: Stored, settings: Placed) -> list[ModelFacts]:
    """The embedded models, then those that were asked before."""
    return catalogue.models(store, settings)


@router.get("/presets", dependencies=[scope("read")])
def list_presets() -> list[Preset]:
    """Configs to begin from."""
    return catalogue.presets()


@router.get("/prompts", dependencies=[scope("read")])
def list_prompts() -> list[PromptFacts]:
    """The prompt templates of judges."""
    return catalogue.prompts()
