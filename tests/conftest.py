"""What tests share: the public data sets, and a store on each database."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from benchbook import settings
from benchbook.service import models
from benchbook.settings import Settings
from benchbook.store.store import Store
from databases import postgresql_database, postgresql_server

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets beside the checkout."""
    if not SHARED.is_dir() and not os.environ.get("CI"):
        pytest.skip("the public data sets lie in ../shared/data, which is not here")
    return SHARED


@pytest.fixture(scope="session")
def embedded_model_home() -> Settings:
    """The developer's own settings, with the weights of the embedded models in place: fetched once, not at every test
    run. `make test` has accepted their terms."""
    place = settings.load()
    for name in ("smollm2-135m", "gemma3-270m", "all-minilm-l6-v2"):
        models.pull(name, place, accept_terms=True)
    return place


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server where databases may be made."""
    elsewhere = os.environ.get("BENCHBOOK_TEST_DATABASE_URL")
    if elsewhere:
        yield elsewhere
        return
    with postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_template(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with our tables and nothing in them."""
    with postgresql_database(postgresql) as url:
        Store.open(url, tmp_path_factory.mktemp("blobs")).close()
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with our tables and nothing in them."""
    folder = tmp_path_factory.mktemp("template")
    Store.open(f"sqlite:///{folder}/benchbook.db", folder / "blobs").close()
    return folder / "benchbook.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with our tables and nothing in them, of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "benchbook.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("postgresql_template")
    with postgresql_database(request.getfixturevalue("postgresql"), template) as url:
        yield url


@pytest.fixture
def store(database_url: str, tmp_path: Path) -> Iterator[Store]:
    """An empty store, on each database."""
    with Store.open(database_url, tmp_path / "blobs") as store:
        yield store
