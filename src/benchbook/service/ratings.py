"""Where ratings come from: the scores on the generations of runs, or a file of anybody's."""

import gzip
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchbook.engine.bias import Orders
from benchbook.engine.ratings import Pair, Rating
from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.records.scores import Said, Score
from benchbook.specs.ratings import RatingLine, read_ratings
from benchbook.store import views
from benchbook.store.store import Store

_PREFERRED = {"first": 1.0, "tie": 0.5, "both_bad": 0.5, "second": 0.0}
_SHOWN = ("first_second", "second_first")
"""The orders that a judge's ballots are of."""
_BALLOTS = "ballots"
"""Where a judge's verdict keeps what came of each question."""
_REVIEWED = "review"
"""Where a person's verdict keeps how it came about."""
_CANNOT_TELL = "cannot_tell"
"""The label of a judge that has no answer."""
_REVIEW = "judge-rules"
"""Who looks through the verdicts of judges, and judges nothing."""


@dataclass(frozen=True)
class _Response:
    """What is known of one of two that were compared."""

    model: str
    length: int | None


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
    """What anybody said of the generations of these runs, and of those that these runs judged; of judges, where all of
    these runs judge, what they and the members of their panels said.

    Execution knows no criteria: what it says of a response, or of two, stands beside every criterion that it has no
    score of its own for.
    """
    judged = [other for run in runs for other in views.judged_by(store, run.id)]
    judges = _judges(runs)
    said = {
        run.id: [one for one in views.said_of(store, run.id) if judges is None or _from(one, judges)]
        for run in (*runs, *judged)
    }
    scores = _each_once(said.values())
    about = views.runs_with(store, sorted({one for score in scores for one in _responses(score)}))
    ratings = _rated(store, scores, about)
    theirs = [said[run.id] if run.id in said else list(views.said_of(store, run.id)) for run in about]
    return [*ratings, *_executed(ratings, _each_once(theirs))]


def _judges(runs: Sequence[Run]) -> set[str] | None:
    """The judge runs, and those of their panels; None if some of the runs judge nobody."""
    judgings = [run.spec.judging for run in runs if run.spec.judging]
    if len(judgings) < len(runs):
        return None
    return {run.id for run in runs} | {member for judging in judgings for member in judging.panel}


def _from(score: Said, judges: Container[str]) -> bool:
    """Whether one of these judges said it, or no judge at all."""
    return score.run_id in judges or score.author == "human" or not score.rubric


def of_scores(store: Store, scores: Sequence[Score]) -> list[Rating]:
    """What these scores say of whichever generations, each score once."""
    found = list({score.id: Said.of(score) for score in scores}.values())
    about = views.runs_with(store, sorted({one for score in found for one in _responses(score)}))
    return _rated(store, found, about)


def _rated(store: Store, scores: Sequence[Said], about: Sequence[Run]) -> list[Rating]:
    samples = {key: sample for run in about for key, sample in views.sample_ids(store, run.id).items()}
    pairs = any(score.other_generation_id is not None for score in scores)
    responses = _known(store, about) if pairs else {}
    kept = [score for score in _last_words(scores) if score.author_id != _REVIEW]
    panels = _panels(store, {score.run_id for score in kept if score.author == "code" and score.rubric})
    overruled = _overruled(scores)
    return [_placed(_said(score, samples[score.generation_id], responses), score, panels, overruled) for score in kept]


def _said(score: Said, sample: str, responses: Mapping[str, _Response]) -> Rating:
    rating = Rating(
        item=score.generation_id,
        criterion=score.name,
        rater=score.author_id,
        # Who fills in a rubric by rules is a judge, too; execution does not fill in any.
        author="model" if score.author == "code" and score.rubric else score.author,
        value=score.value,
        label="" if score.label in (None, _CANNOT_TELL) else score.label,
        confidence=score.confidence,
        cluster=sample,
    )
    other = score.other_generation_id
    return rating if other is None else _of_pair(rating, score, other, responses)


def _placed(rating: Rating, score: Said, panels: Container[str], overruled: Container[str]) -> Rating:
    """The rating with the part that it has among others, if it is a special one."""
    decides, picked = _decides(score), _reviewed(score).get("picked") is True
    if not (decides or picked or score.run_id in panels or score.id in overruled):
        return rating
    return replace(
        rating,
        rater=f"{score.author_id} (deciding)" if decides else score.author_id,
        counts_others=score.run_id in panels or decides,
        overruled=score.id in overruled,
        picked=picked,
    )


def _last_words(scores: Sequence[Said]) -> list[Said]:
    """The scores but for those that their own author has taken back or replaced. What somebody else has put another in
    place of is still what its author says; and who decides says it once, in place of however many."""
    by_id = {score.id: score for score in scores}
    own = {
        earlier.id
        for score in scores
        if score.supersedes
        and (earlier := by_id.get(score.supersedes))
        and (earlier.author, earlier.author_id) == _who(score)
    }
    decisions = {
        (score.name, score.generation_id, score.other_generation_id, score.author_id): score.id
        for score in scores
        if _decides(score) and score.id not in own
    }
    return [
        score
        for score in scores
        if score.id not in own and not score.withdraws and (not _decides(score) or score.id in decisions.values())
    ]


def _overruled(scores: Sequence[Said]) -> set[str]:
    """Those that somebody else's word, which was not taken back, stands in place of."""
    back = {score.supersedes for score in scores if score.withdraws}
    standing = (score for score in scores if score.supersedes and score.id not in back and not score.withdraws)
    return {score.supersedes for score in standing if score.supersedes}


def _who(score: Said) -> tuple[str, str]:
    return score.author, score.author_id


def _decides(score: Said) -> bool:
    """Whether it was given by who had seen what others said, to settle it."""
    return _reviewed(score).get("how") == "adjudicated"


def _reviewed(score: Said) -> Mapping[str, object]:
    """How a person's score came about, if it comes from a review."""
    told = score.trace.get(_REVIEWED) if score.trace else None
    return told if isinstance(told, dict) else {}


def _each_once(scores: Iterable[Sequence[Said]]) -> list[Said]:
    return list({score.id: score for some in scores for score in some}.values())


def _panels(store: Store, run_ids: Iterable[str]) -> set[str]:
    """Those of the runs that count what other judges have said."""
    return {one for one in run_ids if (judging := views.run(store, one).spec.judging) and judging.panel}


def _known(store: Store, runs: Iterable[Run]) -> dict[str, _Response]:
    """All answers of the runs."""
    return {
        generation_id: _Response(run.spec.model.name, length)
        for run in runs
        for generation_id, length in views.answer_lengths(store, run.id)
    }


def _responses(score: Said) -> list[str]:
    """The one or the two generations that it is about."""
    return [one for one in (score.generation_id, score.other_generation_id) if one is not None]


def _of_pair(rating: Rating, score: Said, second: str, responses: Mapping[str, _Response]) -> Rating:
    """The rating of a pair, whose `a` is the response of the model that comes first by name."""
    first = score.generation_id
    a, b = sorted((first, second), key=lambda one: (responses[one].model if one in responses else "", one))
    item = f"{a} {b}"
    # The whole of a pair says which is preferred, whatever that is called; a criterion does by these words alone.
    is_preference = "/" not in rating.criterion or rating.label in ("", *_PREFERRED)
    if rating.value is None or not is_preference:
        return replace(rating, item=item, orders=_orders(score, turned=a != first))
    lengths = [length for one in (a, b) if one in responses and (length := responses[one].length) is not None]
    models = [responses[one].model for one in (a, b) if one in responses]
    pair = Pair(
        lengths=(lengths[0], lengths[1]) if len(lengths) == 2 else None,
        models=(models[0], models[1]) if len(models) == 2 else None,
    )
    value = rating.value if a == first else 1 - rating.value
    orders = _orders(score, turned=a != first)
    return replace(
        rating, item=item, value=value, label="", pair=pair, swapped=a != first and not orders, orders=orders
    )


def _orders(score: Said, *, turned: bool) -> Orders | None:
    """What a judge that was asked in both orders said in each, by its ballots; both seen from `a`, which came first in
    the first of them. None if nobody knows what its words are worth."""
    ballots = score.trace.get(_BALLOTS)
    by_order: dict[object, list[float | None]] = defaultdict(list)
    for ballot in ballots if isinstance(ballots, list) else []:
        if isinstance(ballot, dict):
            said = ballot.get("said")
            if said not in (None, _CANNOT_TELL, *_PREFERRED):
                return None
            by_order[ballot.get("order")].append(_PREFERRED.get(str(said)))
    if not by_order.keys() >= {*_SHOWN}:
        return None
    one, other = (_most(by_order[order]) for order in _SHOWN)
    return (_mirrored(other), _mirrored(one)) if turned else (one, other)


def _most(said: Sequence[float | None]) -> float | None:
    """What most of the votes are; None if no answer has most of them."""
    answer, times = Counter(said).most_common(1)[0]
    return answer if 2 * times > len(said) else None


def _mirrored(preference: float | None) -> float | None:
    return None if preference is None else 1 - preference


def _executed(ratings: Sequence[Rating], scores: Sequence[Said]) -> Iterator[Rating]:
    """What code says beside the criteria of models: of a pair, which of the two did better, if one did."""
    executed = [score for score in scores if score.author == "code" and not score.rubric]
    verdicts = {(score.generation_id, score.name): score.value for score in executed}
    names = sorted({name for _, name in verdicts})
    spoken = {one.criterion for one in ratings if one.author == "code"}
    asked = {(one.criterion, one.item): one for one in ratings if one.author == "model" and one.criterion not in spoken}
    for rating in asked.values():
        responses = rating.item.split(" ")
        for name in names:
            yield Rating(
                item=rating.item,
                criterion=rating.criterion,
                rater=name,
                author="code",
                value=_better([verdicts.get((response, name)) for response in responses]),
                cluster=rating.cluster,
                pair=rating.pair,
            )


def _better(values: Sequence[float | None]) -> float | None:
    """The value of one response; of two, which has more, if both have any and one has more."""
    if len(values) == 1:
        return values[0]
    a, b = values
    return None if a is None or b is None or a == b else float(a > b)


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
        value=_value(line),
        label="" if line.label in (None, _CANNOT_TELL) else line.label,
        confidence=line.confidence,
        cluster="" if line.sample is None else str(line.sample),
        pair=pair if is_pair else None,
        swapped=line.order == "ba",
    )


def _value(line: RatingLine) -> float | None:
    if line.preferred is not None:
        return {"a": 1.0, "tie": 0.5, "b": 0.0}[line.preferred]
    return None if line.value is None or line.label == _CANNOT_TELL else float(line.value)
