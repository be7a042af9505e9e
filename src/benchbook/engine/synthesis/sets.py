"""The synthetic data sets: so many samples a split, in slices, none of them near to another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from benchbook.engine.overlap import Texts
from benchbook.engine.synthesis import domain, easy, hard, medium
from benchbook.engine.synthesis.documents import Genre
from benchbook.engine.synthesis.draws import Draws
from benchbook.engine.synthesis.questions import question
from benchbook.errors import SpecError
from benchbook.specs.spec import unknown

Split = Literal["train", "validation", "test"]
SPLITS: Mapping[Split, int] = {"train": 2000, "validation": 30, "test": 120}
"""How many samples each has, unless somebody asks for more or fewer."""
SLICES: Mapping[str, Mapping[str, int]] = {
    "json-extraction": {"easy": 50, "medium": 50, "hard": 30, "domain-specific": 20},
    "qa": {"factual": 60, "reasoning": 50, "multi-hop": 40},
}
"""The data sets, with the parts that their slices have in every split: of validation and test together, the numbers."""
VERSION = "1"
"""Of what is drawn: the same data set, seed and sizes give the same bytes as long as it stays."""
ALIKE = 0.6
"""Texts whose shingles are so much the same are not both kept."""
_TRIES = 200
_ORDER: tuple[Split, ...] = ("test", "validation", "train")
"""Test first, so that it does not hang on how much else is wanted."""
_GENRES: Mapping[str, tuple[Genre, ...]] = {
    "easy": easy.GENRES,
    "medium": medium.GENRES,
    "hard": hard.GENRES,
    "domain-specific": domain.GENRES,
}


@dataclass(frozen=True)
class Drawn:
    """One sample, as it is written to a file, and its text alone."""

    split: Split
    fields: dict[str, Any]
    text: str


def sizes_of(total: int) -> dict[Split, int]:
    """So many samples, divided as the default is."""
    return dict(zip(SPLITS, _apportioned(total, [*SPLITS.values()]), strict=True))


def synthesised(name: str, seed: int = 0, sizes: Mapping[Split, int] = SPLITS) -> Iterator[Drawn]:
    """Every sample of a data set, test first. A candidate that is near to one before it, in whichever split, is drawn
    again, so that there are neither duplicates nor leaks; SpecError where there is nothing new to be said."""
    if name not in SLICES:
        raise SpecError(unknown("synthetic data set", name, SLICES))
    texts = Texts(ALIKE)
    for split in _ORDER:
        for at, part in enumerate(_parts(name, seed, split, sizes.get(split, 0)), 1):
            yield _new(name, seed, split, at, part, texts)


def synthetic(
    name: str, split: str = "test", seed: int = 0, size: int = sum(SPLITS.values())
) -> Iterator[dict[str, Any]]:
    """The samples of one split of a synthetic data set that has so many in all, as they stand in a file."""
    if split not in get_args(Split):
        raise SpecError(unknown("split", split, get_args(Split)), field=["split"])
    sizes = sizes_of(size)
    needed = {each: sizes[each] for each in _ORDER[: [*_ORDER].index(split) + 1]}  # type: ignore[arg-type] # checked
    return (drawn.fields for drawn in synthesised(name, seed, needed) if drawn.split == split)


def _parts(name: str, seed: int, split: Split, number: int) -> list[str]:
    """The slice of each sample, well mixed."""
    slices = SLICES[name]
    counts = _apportioned(number, [*slices.values()])
    every = [part for part, count in zip(slices, counts, strict=True) for _ in range(count)]
    return Draws("order", VERSION, name, seed, split).shuffled(every)


def _apportioned(total: int, weights: list[int]) -> list[int]:
    """Whole numbers in the ratio of the weights that come to the total: what is left goes to the largest remainders."""
    parts = [divmod(total * weight, sum(weights)) for weight in weights]
    numbers = [whole for whole, _ in parts]
    by_rest = sorted(range(len(parts)), key=lambda at: -parts[at][1])
    for at in by_rest[: total - sum(numbers)]:
        numbers[at] += 1
    return numbers


def _new(name: str, seed: int, split: Split, at: int, part: str, texts: Texts) -> Drawn:
    """A sample that is near to none before it."""
    for attempt in range(_TRIES):
        draws = Draws("sample", VERSION, name, seed, split, at, attempt)
        text, fields = _fields(name, draws, part)
        if texts.admit(text) is None:
            return Drawn(split, {"key": f"{split}-{at:04}", **fields, "slices": [part]}, text)
    raise SpecError(
        f"{name} has no more to say: {split} sample {at} was near to an earlier one {_TRIES} times; ask for fewer samples",
        field=["size"],
    )


def _fields(name: str, draws: Draws, part: str) -> tuple[str, dict[str, Any]]:
    if name == "qa":
        asked = question(draws, part)
        told = {"context": asked.context, "question": asked.question, "answers": [*asked.answers]}
        return f"{asked.context}\n{asked.question}", {**told, "tags": [f"kind:{asked.kind}"]}
    found = draws.pick(_GENRES[part])(draws)
    shown = {"text": found.text, "schema": found.schema, "target": found.target}
    return found.text, {**shown, "tags": [f"genre:{found.genre}"]}
