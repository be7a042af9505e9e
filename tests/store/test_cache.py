"""The file of answers: shared, bounded, and never in the way."""

import json
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from benchbook.engine.cache import key_of
from benchbook.errors import StoreError
from benchbook.protocols import Key, Request
from benchbook.specs.models import GenerateConfig
from benchbook.specs.outputs import Output, Usage
from benchbook.store.cache import Answers, among, cache_beside, discard, kept, known_like, prune


def source(model: str = "openai-compatible/x") -> str:
    return json.dumps({"model": model, "args": {}, "facts": {}, "prompt_style": "chat", "form": 1}, sort_keys=True)


def key(prompt: object, model: str = "openai-compatible/x") -> Key:
    return key_of(source(model), Request(str(prompt), GenerateConfig(seed=0, temperature=0.0), "k", 1))


def said(text: str) -> Output:
    return Output(text=text, stop_reason="stop", usage=Usage(input_tokens=3, output_tokens=2), latency=0.5)


def texts(path: Path, *keys: Key) -> list[object]:
    with Answers(path) as answers:
        found = [answers.get(one) for one in keys]
    return [one["text"] if isinstance(one, dict) else None for one in found]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return cache_beside(tmp_path / "blobs")


def filled(path: Path, *prompts: object, model: str = "openai-compatible/x") -> None:
    with Answers(path) as answers:
        for prompt in prompts:
            answers.put(key(prompt, model), said(f"answer to {prompt}"))


def test_an_answer_is_found_at_once_and_after_the_file_was_closed(path: Path) -> None:
    with Answers(path) as answers:
        answers.put(key("a"), said("b"))
        assert Output.model_validate(answers.get(key("a")), strict=False) == said("b")
    with Answers(path) as answers:
        assert Output.model_validate(answers.get(key("a")), strict=False) == said("b")
        assert answers.get(key("other")) is None
        assert answers.troubles() == []


def test_what_is_not_looked_for_makes_no_file(path: Path) -> None:
    assert (kept(path), prune(path).entries, among(path, [key("a").digest])) == ([], 0, set())
    assert not path.parent.exists()


def test_uses_are_counted_for_each_model(path: Path) -> None:
    filled(path, "a", "b")
    filled(path, "a", model="anthropic/y")
    texts(path, key("a"), key("a"), key("nothing"))
    found = {one.source["model"]: one for one in kept(path)}
    assert [(name, one.entries, one.asked, one.hits) for name, one in found.items()] == [
        ("openai-compatible/x", 2, 2, 2),
        ("anthropic/y", 1, 1, 0),
    ]


def test_a_damaged_answer_is_a_miss_with_one_warning_and_is_replaced(path: Path) -> None:
    filled(path, "a", "b", "c")
    with sqlite3.connect(path) as connection:
        connection.execute("""UPDATE answers SET answer = replace(answer, 'answer', 'anzwer') WHERE key <> ?""", [b""])
        connection.execute("UPDATE answers SET answer = x'ff00' WHERE key = ?", [key("c").digest])
    connection.close()
    with Answers(path) as answers:
        assert [answers.get(key(prompt)) for prompt in "abc"] == [None] * 3
        [warning] = answers.troubles()
        assert "holds damaged answers; their questions are asked again" in warning
        answers.put(key("a"), said("anew"))
    assert texts(path, key("a")) == ["anew"]


def test_a_file_damaged_within_is_a_warning_and_no_more_than_that(path: Path) -> None:
    filled(path, *range(2000))
    with path.open("r+b") as file:
        for page in range(2, path.stat().st_size // 4096):
            file.seek(page * 4096)
            file.write(b"\xa5" * 4096)
    with Answers(path) as answers:
        assert [answers.get(key(prompt)) for prompt in range(50)] == [None] * 50
        answers.put(key("new"), said("x"))
        answers.flush()
        assert any("`benchbook cache prune --all` makes a new one" in warning for warning in answers.troubles())
    discard(path)
    filled(path, "a")
    assert texts(path, key("a")) == ["answer to a"]


def test_a_file_of_a_newer_benchbook_is_left_alone(path: Path) -> None:
    filled(path, "a")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with Answers(path) as answers:
        assert answers.get(key("a")) is None
        answers.put(key("b"), said("x"))
        assert "has form 99, and this benchbook knows 1" in answers.troubles()[0]
    with pytest.raises(StoreError, match="form 99"):
        kept(path)


WRITER = """\
import sys
from pathlib import Path
from store.test_cache import filled, key, said
from benchbook.store.cache import Answers

with Answers(Path(sys.argv[1])) as answers:
    for number in range(int(sys.argv[2])):
        answers.get(key(number))
        answers.put(key((sys.argv[3], number)), said("x"))
        if number == 200:
            answers.flush()
            print("half", flush=True)
    {end}
"""


def writer(path: Path, name: str, end: str = "pass") -> subprocess.Popen[str]:
    """A process that keeps 500 answers of its own."""
    tests = Path(__file__).parents[1]
    code = f"import sys; sys.path.insert(0, {str(tests)!r})\n{WRITER.format(end=end)}"
    return subprocess.Popen([sys.executable, "-c", code, str(path), "500", name], stdout=subprocess.PIPE, text=True)


def test_several_processes_share_it(path: Path) -> None:
    processes = [writer(path, name) for name in "abc"]
    filled(path, *range(300))
    assert [process.wait(120) for process in processes if process.communicate()] == [0, 0, 0]
    [found] = kept(path)
    assert found.entries == 3 * 500 + 300


def test_kill_9_leaves_a_sound_file_with_what_was_written(path: Path) -> None:
    process = writer(path, "a", "import time; time.sleep(600)")
    assert process.stdout is not None
    assert process.stdout.readline() == "half\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    [found] = kept(path)
    assert found.entries >= 201
    assert texts(path, key(("a", 7))) == ["x"]


def test_a_full_disk_is_a_warning_and_what_was_kept_is_still_found(path: Path, tmp_path: Path) -> None:
    code = """\
        import sys
        from pathlib import Path
        sys.path.insert(0, sys.argv[2])
        from store.test_cache import key, said
        from benchbook.store.cache import Answers
        with Answers(Path(sys.argv[1])) as answers:
            answers.put(key("a"), said("first"))
            answers.flush()
            for number in range(2000):
                answers.put(key(number), said("x" * 5000))
            answers.flush()
            [warning] = answers.troubles()
            assert "full" in warning and "the run goes on, its answers are not kept" in warning, warning
            assert answers.get(key("a"))["text"] == "first"
            answers.put(key("b"), said("more"))
            assert answers.get(key("b")) is None and answers.troubles() == []
        print("sound")
    """
    path.parent.mkdir(parents=True)
    mount = f'mount -t tmpfs -o size=2m none "{path.parent}" && exec "$@"'
    script = [sys.executable, "-c", textwrap.dedent(code), str(path), str(Path(__file__).parents[1])]
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh", *script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no file system of a given size is to be had here: {done.stderr.strip()}")
    assert done.stdout == "sound\n", done.stderr


def test_pruning_by_age_model_and_size(path: Path) -> None:
    filled(path, "old 1", "old 2")
    filled(path, "old 3", model="anthropic/y")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE answers SET made_at = made_at - 86400, used_at = used_at - 86400")
    connection.close()
    filled(path, "new")
    assert prune(path, made_before=time.time() - 3600, model="openai-*").entries == 2
    assert texts(path, key("old 1"), key("new"), key("old 3", "anthropic/y")) == [
        None,
        "answer to new",
        "answer to old 3",
    ]
    assert prune(path, model="anthropic/y").entries == 1
    assert [one.source["model"] for one in kept(path)] == ["openai-compatible/x"]
    assert prune(path).entries == 1
    assert kept(path) == []


def test_what_was_used_longest_ago_goes_first_and_the_file_shrinks(path: Path) -> None:
    filled(path, *range(1000))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE answers SET used_at = used_at - 100000")
    connection.close()
    texts(path, *map(key, range(10)))
    before = path.stat().st_size
    [found] = kept(path)
    removed = prune(path, max_size=found.size // 50)
    [left] = kept(path)
    assert left.size <= found.size // 50
    assert removed.entries + left.entries == 1000
    assert texts(path, *map(key, range(10))) == [f"answer to {number}" for number in range(10)]
    assert path.stat().st_size < before / 5


def test_others_to_the_same_prompt_are_found(path: Path) -> None:
    filled(path, "a")
    filled(path, "a", model="anthropic/y")
    there, others = known_like(path, key("a"))
    assert (there, [one.source["model"] for one in others]) == (True, ["anthropic/y"])
    there, others = known_like(path, key("a", "google/z"))
    assert (there, len(others)) == (False, 2)
    assert known_like(path, key("b")) == (False, [])
