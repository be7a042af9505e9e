"""Preferences to look through before they are exported."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchbook.errors import NotFound, SpecError
from benchbook.records.runs import Run
from benchbook.records.scores import Score
from benchbook.service import preference_export, runs
from benchbook.service.preference_forms import Form
from benchbook.service.preferences import Preference, Preferences, gather, plain
from benchbook.specs.models import Prompt
from benchbook.specs.preferences import PreferenceSpec
from benchbook.store.pages import closed, opened
from benchbook.store.sample_pages import EXCERPT
from benchbook.store.store import Store


@dataclass(frozen=True)
class PreferenceRow:
    """A preference in a list."""

    id: str
    """By what it says: the same as long as prompt and answers are."""
    prompt: str
    """Its beginning, and so of the next two."""
    chosen: str
    rejected: str
    agreement: float
    """The share of the voices that prefer the chosen one."""
    against: float
    """The share of those that prefer the rejected one."""
    authors: Sequence[str]
    criteria: Sequence[str]
    verdicts: int


@dataclass(frozen=True)
class PreferencePage:
    """Part of the preferences, and what was left out of all."""

    items: Sequence[PreferenceRow]
    next: str | None
    total: int
    verdicts: int
    pairs: int
    left_out: Mapping[str, int]
    """By the reason."""


@dataclass(frozen=True)
class PreferenceWhole:
    """A preference in full."""

    id: str
    prompt: Prompt
    chosen: str
    rejected: str
    agreement: float
    against: float
    verdicts: Sequence[Score]


def page(store: Store, names: Sequence[str], wanted: PreferenceSpec, limit: int, after: str | None) -> PreferencePage:
    """The preferences between the answers of runs, the least agreed upon first."""
    found = _gathered(store, names, wanted)
    ordered = sorted(((each.agreement, _id(each), each) for each in found.found), key=lambda one: one[:2])
    if after is not None:
        agreement, last = opened(after, float, str)
        ordered = [one for one in ordered if one[:2] > (agreement, last)]
    shown = ordered[:limit]
    return PreferencePage(
        items=[_row(name, each) for _, name, each in shown],
        next=closed(float(shown[-1][0]), shown[-1][1]) if len(ordered) > limit else None,
        total=len(found.found),
        verdicts=found.verdicts,
        pairs=found.pairs,
        left_out=found.verdicts_left_out + found.pairs_left_out,
    )


def whole(store: Store, names: Sequence[str], wanted: PreferenceSpec, preference_id: str) -> PreferenceWhole:
    """One of them."""
    for each in _gathered(store, names, wanted).found:
        if _id(each) == preference_id:
            return PreferenceWhole(
                id=preference_id,
                prompt=each.prompt,
                chosen=each.chosen,
                rejected=each.rejected,
                agreement=each.agreement,
                against=each.against,
                verdicts=each.verdicts,
            )
    raise NotFound(f"there is no preference {preference_id} between these runs, by these filters")


def exported(store: Store, names: Sequence[str], wanted: PreferenceSpec, form: Form) -> str:
    """The preferences as a trainer reads them, a JSON object a line."""
    out = io.StringIO()
    preference_export.write_to(store, _runs(store, names), form, wanted, out)
    return out.getvalue()


def _gathered(store: Store, names: Sequence[str], wanted: PreferenceSpec) -> Preferences:
    return gather(store, _runs(store, names), wanted)


def _runs(store: Store, names: Sequence[str]) -> list[Run]:
    if not names:
        raise SpecError("say between the answers of which runs, or of which experiments: runs=A,B", field=["runs"])
    found = {run.id: run for name in names for run in runs.named(store, name)}
    return list(found.values())


def _row(name: str, each: Preference) -> PreferenceRow:
    return PreferenceRow(
        id=name,
        prompt=each.question[:EXCERPT],
        chosen=each.chosen[:EXCERPT],
        rejected=each.rejected[:EXCERPT],
        agreement=each.agreement,
        against=each.against,
        authors=sorted({f"{score.author} {score.author_id}" for score in each.verdicts}),
        criteria=sorted({score.name for score in each.verdicts}),
        verdicts=len(each.verdicts),
    )


def _id(each: Preference) -> str:
    text = "\0".join((plain(each.prompt), each.chosen, each.rejected))
    return f"pref-{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:24]}"
