"""Where things are kept."""

import pytest

from benchbook import settings
from benchbook.errors import SpecError
from benchbook.store.store import Store


def test_a_folder_with_odd_characters_is_still_that_folder(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("odd") / "hé%20 #x?y=1"
    monkeypatch.setenv("BENCHBOOK_HOME", str(home))
    place = settings.load()
    Store.open(place.database_url, place.blobs).close()
    assert (home / "benchbook.db").is_file()


def test_a_missing_key_is_named_but_never_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY_KEY", "")
    with pytest.raises(SpecError, match="EMPTY_KEY is not set"):
        settings.secret("EMPTY_KEY")
