"""BIG-Bench Hard in its published formats: the folders bbh/ and cot-prompts/ of suzgunmirac/BIG-Bench-Hard."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from benchbook import Reader, Row, SpecError, register
from benchbook.plugins.readers.files import Entry

STEPS = "Let's think step by step."
_CONCLUSION = re.compile(r"[Tt]he answer is (.*?)\.?\s*\Z")


@register("reader")
def bbh(data: str) -> Reader:
    """The tasks in the folder `data`, or the one in the file `data`, each a slice of its own."""
    files = _files(data, ".json")
    return lambda: (row for file in files for row in _questions(file))


@register("reader")
def bbh_prompts(data: str, answers: Literal["cot", "direct"] = "cot") -> Reader:
    """The worked examples in the folder or file `data`, by task; their target is the reasoning, or `direct`, the answer
    that it comes to."""
    files = _files(data, ".txt")
    return lambda: (row for file in files for row in _examples(file, answers))


def _files(data: str, suffix: str) -> list[Path]:
    path = Path(data).expanduser()
    if path.is_file():
        return [path]
    files = sorted(path.glob(f"*{suffix}"))
    if not files:
        found = f"holds no {suffix} file" if path.is_dir() else "does not exist"
        raise SpecError(f"{data} {found}; give a {suffix} file of BIG-Bench Hard, or its folder", field=["data"])
    return files


def _questions(file: Path) -> Iterator[Row]:
    try:
        examples = json.loads(_text(file))["examples"]
        entries = [Entry(f"{file}, item {at}", at, "data", dict(each)) for at, each in enumerate(examples, 1)]
    except (ValueError, KeyError, TypeError, RecursionError) as err:
        raise SpecError(
            f'{file}: expected {{"examples": [{{"input": …, "target": …}}]}}: {err!r}', field=["data"]
        ) from None
    for entry in entries:
        yield entry.row(
            key=f"{file.stem}/{entry.number}",
            input=entry.text("input"),
            target=entry.text("target"),
            slices=[file.stem],
        )


def _examples(file: Path, answers: Literal["cot", "direct"]) -> Iterator[Row]:
    # Above the line is a warning not to train on it.
    description, *asked = _text(file).partition("-----\n")[2].strip().split("\n\nQ: ")
    if not asked:
        raise SpecError(f"{file}: expected a line `-----`, a description, and examples `Q: …`, `A: …`", field=["data"])
    for at, text in enumerate(asked, 1):
        question, _, solution = text.partition("\nA:")
        solution = solution.strip().removeprefix(STEPS).strip()
        conclusion = _CONCLUSION.search(solution)
        if conclusion is None:
            raise SpecError(f"{file}: example {at} does not end with `the answer is …`", field=["data"])
        yield Row(
            key=f"{file.stem}/{at}",
            input=question.strip(),
            target=solution if answers == "cot" else conclusion[1],
            slices=(file.stem,),
            metadata={"description": description.strip()},
        )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise SpecError(f"cannot read {file}: {err}", field=["data"]) from None
