"""Plugins are found by name, and their arguments checked where they are written."""

import asyncio
from collections.abc import AsyncIterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import get_args

import pytest

from benchbook import registry
from benchbook.errors import PluginError, SpecError
from benchbook.protocols import Kind
from benchbook.registry import register
from benchbook.specs.use import Use

closed: list[str] = []


@register("scorer", "adder")
def adder(first: int, second: float = 0.5, names: tuple[str, ...] = (), file: Path | None = None) -> object:
    return first, second, names, file


@register("sandbox", "door")
async def door(colour: str = "red") -> AsyncIterator[str]:
    yield f"{colour} door"
    closed.append(colour)


def test_arguments_become_what_the_signature_says() -> None:
    use = Use.parse({"adder": {"first": 1, "second": 2, "names": ["a", "b"], "file": "x.txt"}})
    assert registry.build("scorer", use) == (1, 2.0, ("a", "b"), Path("x.txt"))


def test_a_single_argument_is_the_first_parameter() -> None:
    assert registry.build("scorer", Use.parse({"adder": 7})) == (7, 0.5, (), None)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ({"first": 1, "secnd": 2}, "unknown argument of scorer 'adder': 'secnd'; did you mean 'second'?"),
        ({"first": "1"}, "scorer 'adder': expected a valid integer, got '1'"),
        ({}, "first: scorer 'adder': this field is required"),
        ({"first": 1, "names": "ab"}, "names: scorer 'adder': expected a list, got 'ab'"),
    ],
)
def test_a_wrong_argument_is_named(args: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        registry.build("scorer", Use.parse({"adder": args}))
    assert message in str(caught.value)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="unknown runtime 'llamacp'; did you mean 'llamacpp'"):
        registry.plugin("runtime", "llamacp")


def test_a_runtime_that_other_tools_have_is_answered_with_ours() -> None:
    with pytest.raises(SpecError, match="ask for openai-compatible/MODEL with the argument base_url=http://localhost"):
        registry.plugin("runtime", "ollama")


def test_plugins_come_from_files_that_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "from benchbook import register\n\n@register('scorer')\ndef {}(size: int = 3) -> object:\n    return size\n"
    for file, name in (("one.py", "from_a_file"), ("two.py", "from_another"), ("taken.py", "exact_match")):
        (tmp_path / file).write_text(text.format(name))
    (tmp_path / "broken.py").write_text("import nothing_of_that_name\n")
    with pytest.raises(SpecError, match="one of your own is offered by a package, or by a file in BENCHBOOK_PLUGINS"):
        registry.plugin("scorer", "zzzzz")
    monkeypatch.setenv("BENCHBOOK_PLUGINS", f"{tmp_path / 'one.py'}:{tmp_path / 'two.py'}")
    assert registry.build("scorer", Use.parse({"from-a-file": 7})) == 7
    assert "from-another" in registry.names("scorer")
    file, digest = registry.origin("scorer", "from-a-file") or ("", "")
    assert (file, digest[:7], len(digest)) == ("one.py", "sha256 ", 19)
    for named, why in (("taken", "there is a scorer 'exact-match' already"), ("broken", "ModuleNotFoundError")):
        monkeypatch.setenv("BENCHBOOK_PLUGINS", str(tmp_path / f"{named}.py"))
        with pytest.raises(PluginError, match=f"{named}.py, which BENCHBOOK_PLUGINS names, cannot be imported: {why}"):
            registry.plugin("scorer", "anything")
    monkeypatch.setenv("BENCHBOOK_PLUGINS", "nowhere.py")
    with pytest.raises(SpecError, match=r"nowhere\.py, which is no Python file"):
        registry.names("scorer")


def test_what_is_opened_is_closed() -> None:
    async def use() -> str:
        async with registry.opened("sandbox", Use.parse({"door": "blue"})) as value:
            assert closed == []
            return str(value)

    assert asyncio.run(use()) == "blue door"
    assert closed == ["blue"]


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_built_in_plugin_can_be_imported_and_says_what_it_is(kind: Kind) -> None:
    built_in = [point.name for point in entry_points(group=f"benchbook.{kind}")]
    assert built_in
    for name in built_in:
        assert registry.plugin(kind, name).factory.__doc__


def test_an_argument_is_laid_under_what_a_use_says_itself() -> None:
    assert registry.with_default("scorer", Use(name="exact-match"), "sandbox", "ns") == Use(name="exact-match")
    bare = registry.with_default("scorer", Use(name="python-tests"), "sandbox", "ns")
    assert bare.args == {"sandbox": "ns"}
    for given in ({"first": "landlock"}, {"args": {"sandbox": "landlock"}}):
        use = Use(name="python-tests", **given)
        assert registry.with_default("scorer", use, "sandbox", "ns") == use
