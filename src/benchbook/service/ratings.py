"""Where ratings come from: the scores on the generations of runs, or a file of anybody's."""

import gzip
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchbook.engine.ratings import Pair, Rating
from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.records.scores import Score
from benchbook.specs.ratings import RatingLine, read_ratings
from benchbook.store import views
from benchbook.store.store import Store

_PREFERRED = {"a": 1.0, "tie": 0.5, "b": 0.0, None: None}


def of_file(path: Path) -> list[Rating]:
    """The ratings of a .jsonl file, gzipped or not."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            ratings = [_rating(line) for line in read_ratings(lines, str(path))]
    except (OSError, EOFError) as err:
        raise SpecError(f"cannot read {path}: {getattr(err, 'strerror', None) or err}") from None
    if not ratings:
        raise SpecError(f"{path} holds no ratings; docs/agreement.md says how they are written")
    return ratings


def of_runs(store: Store, runs: Sequence[Run]) -> list[Rating]:
    """What anybody said of the generations of these runs, and of those that these runs judged.

    Execution knows no criteria: what it says of a response, or of two, stands beside every criterion that it has no
    score of its own for.
    """
    judged = [other for run in runs for other in views.judged_by(store, run.id)]
    gathered = _gathered(store, {run.id: run for run in (*runs, *judged)}.values())
    partners = {other for score in gathered.scores if (other := _other(score)) and other not in gathered.responses}
    beside = _gathered(store, views.runs_with(store, sorted(partners)))
    responses = {**beside.responses, **gathered.responses}
    gone = {earlier for score in gathered.scores if (earlier := _supersedes(score))}
    ratings = [_said(score, responses) for score in gathered.scores if score.id not in gone]
    return [*ratings, *_executed(ratings, [*gathered.scores, *beside.scores])]


@dataclass(frozen=True)
class _Response:
    """What is known of a generation."""

    sample: str
    model: str
    length: int | None


@dataclass(frozen=True)
class _Gathered:
    responses: dict[str, _Response]
    scores: list[Score]


def _gathered(store: Store, runs: Iterable[Run]) -> _Gathered:
    responses, scores = dict[str, _Response](), list[Score]()
    for run in runs:
        for sample, generation, given in views.generations(store, run.id):
            length = len(generation.output.text) if generation.output else None
            responses[generation.id] = _Response(sample.id, run.spec.model.name, length)
            scores += given
    return _Gathered(responses, scores)


def _said(score: Score, responses: dict[str, _Response]) -> Rating:
    verdict, other = score.verdict, _other(score)
    rating = Rating(
        item=score.generation_id,
        criterion=score.name,
        rater=score.author_id,
        author=score.author,
        value=verdict.value,
        label=verdict.label or "",
        confidence=verdict.confidence,
        cluster=responses[score.generation_id].sample,
    )
    return rating if other is None else _of_pair(rating, score.generation_id, other, responses)


def _of_pair(rating: Rating, first: str, second: str, responses: dict[str, _Response]) -> Rating:
    """The rating of a pair, whose `a` is the response of the model that comes first by name."""
    a, b = sorted((first, second), key=lambda one: (responses[one].model if one in responses else "", one))
    known = [responses[one] for one in (a, b) if one in responses]
    lengths = [one.length for one in known if one.length is not None]
    value = None if rating.value is None else rating.value if a == first else 1 - rating.value
    return replace(
        rating,
        item=f"{a} {b}",
        value=value,
        label="",
        pair=Pair(
            lengths=(lengths[0], lengths[1]) if len(lengths) == 2 else None,
            models=(known[0].model, known[1].model) if len(known) == 2 else None,
        ),
        swapped=a != first,
    )


def _executed(ratings: Sequence[Rating], scores: Sequence[Score]) -> Iterator[Rating]:
    """What code says beside the criteria of models: of a pair, which of the two did better, if one did."""
    verdicts = {(score.generation_id, score.name): score.value for score in scores if score.author == "code"}
    names = sorted({name for _, name in verdicts})
    spoken = {one.criterion for one in ratings if one.author == "code"}
    asked = {(one.criterion, one.item): one for one in ratings if one.author == "model" and one.criterion not in spoken}
    for rating in asked.values():
        responses = rating.item.split(" ")
        for name in names:
            value = _better([verdicts.get((response, name)) for response in responses])
            yield replace(rating, rater=name, author="code", value=value, label="", confidence=None, swapped=False)


def _better(values: Sequence[float | None]) -> float | None:
    """The value of one response; of two, which has more, if both have any and one has more."""
    if len(values) == 1:
        return values[0]
    a, b = values
    return None if a is None or b is None or a == b else float(a > b)


def _other(score: Score) -> str | None:
    """The second response of a pairwise score. Scores have it from the day on that judges compare."""
    return getattr(score, "other_generation_id", None)


def _supersedes(score: Score) -> str | None:
    """The score that this one takes the place of."""
    return getattr(score, "supersedes", None)


def _rating(line: RatingLine) -> Rating:
    is_pair = line.preferred is not None or line.lengths is not None or line.models is not None
    pair = Pair(
        lengths=(line.lengths[0], line.lengths[1]) if line.lengths else None,
        models=(line.models[0], line.models[1]) if line.models else None,
    )
    return Rating(
        item=str(line.id),
        criterion=line.criterion,
        rater=line.rater,
        author=line.kind,
        value=_PREFERRED[line.preferred] if line.value is None else float(line.value),
        label=line.label or "",
        confidence=line.confidence,
        cluster="" if line.sample is None else str(line.sample),
        pair=pair if is_pair else None,
        swapped=line.order == "ba",
    )
