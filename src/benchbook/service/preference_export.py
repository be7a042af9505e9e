"""Preferences out: files that trainers read, and a manifest that says where every row comes from."""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from benchbook import __version__
from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.records.scores import Score
from benchbook.service.files import written_whole
from benchbook.service.preference_forms import CHOICE, Form, Row, rows, shape_of
from benchbook.service.preferences import Preference, Preferences, gather, plain
from benchbook.specs.preferences import PreferenceSpec, Shape
from benchbook.specs.spec import canonical_json
from benchbook.store import views
from benchbook.store.store import Store


def write(
    store: Store, runs: Sequence[Run], form: Form, wanted: PreferenceSpec, path: Path, now: datetime
) -> dict[str, Any]:
    """Write the preferences between answers of `runs` to `path`, a file for each part, and a manifest beside them;
    the manifest."""
    preferences, shape = _ready(store, runs, form, wanted)
    left_out: Counter[str] = Counter()
    parts = {name: rows(form, shape, part, left_out) for name, part in divided(preferences.found, wanted).items()}
    if not any(parts.values()):
        raise SpecError(f"no preference fits the form {form}: {_reasons(left_out)}")
    files = [_written(_place(path, name, wanted), name, part) for name, part in parts.items()]
    manifest = {
        "format": form,
        "shape": shape,
        "benchbook": __version__,
        "created_at": now.isoformat(),
        "filters": wanted.model_dump(mode="json", exclude={"splits", "seed", "shape"}),
        "splits": {"seed": wanted.seed, "shares": _shares(wanted)} if wanted.splits else None,
        "counts": _counts(preferences, parts, left_out),
        "files": files,
        **_origin(store, preferences),
    }
    with written_whole(path.with_name(f"{path.stem}.manifest.json")) as out:
        json.dump(manifest, out, indent=2)
        out.write("\n")
    return manifest


def write_to(store: Store, runs: Sequence[Run], form: Form, wanted: PreferenceSpec, out: TextIO) -> Counter[str]:
    """Write the rows to an open file, all in one part and without a manifest; what was left out, by the reason."""
    if wanted.splits:
        raise SpecError("several parts need several files: name one with --output, the parts are called after it")
    preferences, shape = _ready(store, runs, form, wanted)
    left_out: Counter[str] = Counter()
    out.writelines(json.dumps(row) + "\n" for row in rows(form, shape, preferences.found, left_out))
    return left_out + preferences.verdicts_left_out + preferences.pairs_left_out


def divided(preferences: Sequence[Preference], wanted: PreferenceSpec) -> dict[str, list[Preference]]:
    """The preferences by part. No prompt is in two parts, and neither is a question that was asked in two ways."""
    if not wanted.splits:
        return {"all": list(preferences)}
    group = _groups(preferences)
    names = sorted(set(group.values()))
    random.Random(wanted.seed).shuffle(names)  # noqa: S311 - a division, no secret
    shares, bounds, total = _shares(wanted), dict[str, str](), 0.0
    begin = 0
    for part, share in shares.items():
        total += share
        end = round(total * len(names))
        bounds |= dict.fromkeys(names[begin:end], part)
        begin = end
    parts: dict[str, list[Preference]] = {part: [] for part in shares}
    for each in preferences:
        parts[bounds[group[each.question]]].append(each)
    return parts


def _ready(store: Store, runs: Sequence[Run], form: Form, wanted: PreferenceSpec) -> tuple[Preferences, Shape]:
    if wanted.shape not in ("auto", *CHOICE[form]):
        raise SpecError(f"the form {form} is never {wanted.shape}; leave --shape out")
    preferences = gather(store, runs, wanted)
    if not preferences.found:
        left_out = preferences.verdicts_left_out + preferences.pairs_left_out
        raise SpecError(
            f"no preferences between the answers of {len(runs)} run{'s' * (len(runs) != 1)}: {_reasons(left_out)}"
        )
    return preferences, shape_of(form, wanted.shape, preferences.found)


def _reasons(left_out: Counter[str]) -> str:
    if not left_out:
        return "nobody has compared them, and code has not passed one and failed the other of any two"
    return "left out were " + ", ".join(f"{number} ({reason})" for reason, number in left_out.most_common())


def _groups(preferences: Iterable[Preference]) -> dict[str, str]:
    """What belongs together, by each text that is a question or a prompt: the least of the texts names the group."""
    found: dict[str, str] = {}

    def name(text: str) -> str:
        while found.setdefault(text, text) != text:
            text = found[text]
        return text

    for each in preferences:
        least, other = sorted((name(each.question), name(plain(each.prompt))))
        found[other] = least
    return {text: name(text) for text in list(found)}


def _shares(wanted: PreferenceSpec) -> dict[str, float]:
    rest = 1 - sum(wanted.splits.values())
    return {**({"train": rest} if rest > 1e-9 else {}), **wanted.splits}


def _place(path: Path, part: str, wanted: PreferenceSpec) -> Path:
    return path.with_name(f"{path.stem}.{part}{path.suffix}") if wanted.splits else path


def _written(path: Path, part: str, rows: Sequence[Row]) -> dict[str, Any]:
    body = "".join(json.dumps(row) + "\n" for row in rows)
    with written_whole(path) as out:
        out.write(body)
    sha256 = hashlib.sha256(body.encode()).hexdigest()
    return {"path": path.name, "part": part, "rows": len(rows), "bytes": len(body), "sha256": sha256}


def _counts(preferences: Preferences, parts: dict[str, list[Row]], left_out: Counter[str]) -> dict[str, Any]:
    return {
        "verdicts": preferences.verdicts,
        "verdicts_left_out": dict(preferences.verdicts_left_out),
        "pairs": preferences.pairs,
        "pairs_left_out": dict(preferences.pairs_left_out),
        "preferences": len(preferences.found),
        "prompts": len({plain(each.prompt) for each in preferences.found}),
        "rows": sum(map(len, parts.values())),
        "rows_left_out": dict(left_out),
    }


def _origin(store: Store, preferences: Preferences) -> dict[str, Any]:
    """Who said it, of which runs, on which data, by which rubric and config."""
    runs = [views.run(store, run_id) for run_id in sorted(preferences.run_ids)]
    scores = {score.id: score for each in preferences.found for score in each.verdicts}.values()
    return {
        "runs": [_run(store, run) for run in runs],
        "authors": _authors(scores),
        "rubrics": sorted({score.rubric for score in scores if score.rubric}),
        "scores_sha256": hashlib.sha256(canonical_json(sorted(score.id for score in scores)).encode()).hexdigest(),
    }


def _run(store: Store, run: Run) -> dict[str, Any]:
    dataset = views.dataset(store, run.dataset_id)
    return {
        "id": run.id,
        "experiment": run.experiment_id,
        "model": run.spec.model.name,
        "task": run.spec.task.name,
        "config_sha256": run.fingerprint,
        "dataset": {"id": dataset.id, "name": dataset.name, "version": dataset.version},
    }


def _authors(scores: Iterable[Score]) -> list[dict[str, Any]]:
    given = Counter((score.author, score.author_id, score.author_version, score.name) for score in scores)
    return [
        {"author": author, "id": author_id, "version": version, "criterion": name, "verdicts": number}
        for (author, author_id, version, name), number in sorted(given.items())
    ]
