"""Runs as logs of Inspect AI: its tools list, show and analyse them as they do its own."""

import hashlib
import json
import math
import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchbook import __version__
from benchbook.errors import SpecError
from benchbook.records.datasets import Dataset
from benchbook.records.generations import Generation
from benchbook.records.metrics import RATES, Metric
from benchbook.records.runs import Run, RunStatus
from benchbook.records.scores import Answer, Score
from benchbook.service.files import whole
from benchbook.service.runs import metrics
from benchbook.specs.models import GenerateConfig, Prompt
from benchbook.specs.outputs import Output, StopReason
from benchbook.store import views
from benchbook.store.store import Store

OURS = "benchbook"
"""Under which name the metadata has what Inspect has no place for."""

STOP_REASONS: dict[StopReason, str] = {"stop": "stop", "length": "max_tokens", "content_filter": "content_filter"}
_STATUSES: dict[RunStatus, str] = {"completed": "success", "failed": "error", "interrupted": "cancelled"}
_SHOWN = 1_000
"""Characters of a text that the list of samples has."""


def write(store: Store, runs: Sequence[Run], path: Path) -> dict[Path, int]:
    """Write a log for each run, one `.eval` or `.json` file or a folder of them; how many answers each has."""
    if path.suffix not in (".eval", ".json"):
        return {place: _written(store, run, place) for run in runs for place in [path / _name(run)]}
    if len(runs) != 1:
        raise SpecError(f"{len(runs)} runs are as many logs: name a folder with --output, or one run")
    return {path: _written(store, runs[0], path)}


def _name(run: Run) -> str:
    """As Inspect calls its own: by these its lists are in order."""
    task = "".join(letter if letter.isalnum() else "-" for letter in run.task)[:100]
    return f"{run.created_at:%Y-%m-%dT%H-%M-%S}+00-00_{task}_{_id(run)}.eval"


def _id(run: Run) -> str:
    """What Inspect tells logs apart by, also by their names: there it ends at the first hyphen."""
    return run.id.replace("-", "")


def _written(store: Store, run: Run, path: Path) -> int:
    form = _as_json if path.suffix == ".json" else _as_archive
    with whole(path) as unfinished:
        return form(store, run, unfinished)


def _as_archive(store: Store, run: Run, path: Path) -> int:
    header = _header(store, run)
    start = {name: header[name] for name in ("version", "eval", "plan")}
    count = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as log, tempfile.TemporaryFile("w+b") as summaries:
        log.writestr("_journal/start.json", _json(start))
        for count, answer in enumerate(views.generations(store, run.id), 1):
            sample = _sample(run, answer)
            log.writestr(f"samples/{sample['id']}_epoch_{sample['epoch']}.json", _json(sample))
            summaries.write(b"[" if count == 1 else b",\n")
            summaries.write(_json(_summary(sample)))
        summaries.write(b"]" if count else b"[]")
        summaries.seek(0)
        with log.open("summaries.json", "w") as out:
            while part := summaries.read(1 << 20):
                out.write(part)
        log.writestr("header.json", _json(header))
    return count


def _as_json(store: Store, run: Run, path: Path) -> int:
    count = 0
    with path.open("wb") as out:
        out.write(_json(_header(store, run)).removesuffix(b"}") + b',\n"samples": [')
        for count, answer in enumerate(views.generations(store, run.id), 1):
            out.write((b",\n" if count > 1 else b"\n") + _json(_sample(run, answer)))
        out.write(b"\n]}\n")
    return count


def _json(document: Any) -> bytes:
    # UTF-8, with what it cannot say written out: readers in other languages refuse lone surrogates.
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _header(store: Store, run: Run) -> dict[str, Any]:
    found = metrics(store, run)
    status = _STATUSES.get(run.status, "started")
    return {
        "version": 2,
        "status": status,
        "eval": _eval(run, views.dataset(store, run.dataset_id), found),
        "plan": {"name": "plan", "steps": [{"solver": run.spec.task.solver.name, "params": run.spec.task.solver.args}]},
        "results": _results(found),
        "stats": _stats(run, found),
        **({"error": _error(run.error)} if status == "error" else {}),
    }


def _eval(run: Run, dataset: Dataset, found: Sequence[Metric]) -> dict[str, Any]:
    task = run.spec.task
    return {
        "eval_id": run.id,
        "run_id": run.experiment_id,
        "task_id": _id(run),
        "created": run.created_at.isoformat(),
        "task": run.task,
        "task_version": 0,
        "dataset": {"name": dataset.name, "samples": dataset.size},
        "model": run.model,
        "model_generate_config": _config(run.spec.generate),
        "model_args": {},
        "config": {"epochs": task.epochs, **({"limit": task.limit} if task.limit else {})},
        "packages": {OURS: __version__},
        "scorers": [{"name": name, "options": {}, "metrics": []} for name in _scored(found)],
        "metadata": {
            OURS: {
                "run": run.id,
                "experiment": run.experiment_id,
                "config_sha256": run.fingerprint,
                "dataset": {"id": dataset.id, "version": dataset.version},
                "environment": dict(run.environment),
            }
        },
    }


def _config(asked: GenerateConfig) -> dict[str, Any]:
    names = ("max_tokens", "temperature", "top_p", "top_k", "seed", "reasoning_tokens")
    given = {name: getattr(asked, name) for name in names}
    effort = {"reasoning_effort": asked.reasoning, "stop_seqs": list(asked.stop) or None}
    return {name: value for name, value in {**given, **effort}.items() if value is not None}


def _scored(found: Sequence[Metric]) -> list[str]:
    return sorted({metric.score for metric in found if metric.score})


def _results(found: Sequence[Metric]) -> dict[str, Any]:
    by_name = {metric.name: metric.value or 0 for metric in found if not metric.score}
    total = int(by_name.get("generations", 0))
    return {
        "total_samples": total,
        "completed_samples": total - int(by_name.get("errors", 0)),
        "scores": [_result(name, [each for each in found if each.score == name]) for name in _scored(found)],
    }


def _result(name: str, found: Sequence[Metric]) -> dict[str, Any]:
    """The figures of a score: the share that passed under the name that Inspect's own scorers have for it."""
    whole_set = [each for each in found if not each.slice and not each.name.startswith("label.")]
    main = next((each for each in whole_set if each.name in RATES), None)
    given: dict[str, float] = {}
    # The first is the one that Inspect's lists show.
    for each in sorted(whole_set, key=lambda each: each is not main):
        called = "accuracy" if each.name == "pass_rate" else each.name
        ends = {called: each.value, f"{called}_low": each.low, f"{called}_high": each.high}
        given |= {part: value for part, value in ends.items() if value is not None}
    sliced = {f"{each.name}[{each.slice}]": each.value for each in found if each.slice and each.value is not None}
    return {
        "name": name,
        "scorer": name,
        "scored_samples": main.n if main else None,
        "unscored_samples": main.excluded if main else None,
        "params": {},
        "metrics": {part: {"name": part, "value": value, "params": {}} for part, value in {**given, **sliced}.items()},
    }


def _stats(run: Run, found: Sequence[Metric]) -> dict[str, Any]:
    by_name = {metric.name: metric.value for metric in found if not metric.score}
    tokens = {name: int(by_name.get(name) or 0) for name in ("input_tokens", "output_tokens")}
    usage = {**tokens, "total_tokens": sum(tokens.values()), "total_cost": by_name.get("cost")}
    return {
        "started_at": run.started_at.isoformat() if run.started_at else "",
        "completed_at": run.finished_at.isoformat() if run.finished_at else "",
        "model_usage": {run.model: usage},
    }


def _sample(run: Run, answer: Answer) -> dict[str, Any]:
    sample, generation, scores = answer
    output, row = generation.output, sample.row
    usage = {run.model: _usage(generation, output)} if output else {}
    return {
        "id": _sample_id(sample.key),
        "epoch": generation.epoch,
        "input": _turns(row.input),
        "choices": list(row.choices) or None,
        "target": _target(row.target),
        "messages": _messages(run, generation),
        "output": _output(run, generation),
        "scores": dict(_scores(scores, output)),
        "metadata": {**row.metadata, **_extras(answer)},
        "store": {},
        "events": _events(run, generation),
        "model_usage": usage,
        "total_time": output.latency if output else None,
        "working_time": output.latency if output else None,
        "uuid": generation.id,
        "error": _error(generation.error) if generation.error is not None else None,
        "attachments": {},
    }


def _sample_id(key: str) -> str:
    """The key, if a file may be called so wherever the log is unpacked; or else something like it."""
    parts = key.split("/")
    plain = key.isprintable() and not set(key) & set('\\:*?"<>|~') and all(part.strip(". ") for part in parts)
    if plain and len(key.encode()) <= _LONGEST_ID:
        return key
    alike = re.sub(r"[^A-Za-z0-9]+", "-", key[:_LONGEST_ID]).strip("-")
    # No key that stays as it is has a tilde.
    return f"{alike}~{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


_LONGEST_ID = 200
"""Bytes of a sample's id: file names end at 255."""


def _messages(run: Run, generation: Generation) -> list[dict[str, Any]]:
    output = generation.output
    turns = [*_asked(generation.prompt), *([_said(run, output)] if output else [])]
    return [{"id": f"{generation.id}-{at}", **turn} for at, turn in enumerate(turns, 1)]


def _events(run: Run, generation: Generation) -> list[dict[str, Any]]:
    """That the model was asked: transcripts, and Inspect's frames of messages, are made of it."""
    if generation.output is None:
        return []
    called = {
        "event": "model",
        "uuid": generation.id,
        "timestamp": generation.created_at.isoformat(),
        "working_start": 0.0,
        "working_time": generation.output.latency,
        "model": run.model,
        "input": _messages(run, generation)[:-1],
        "tools": [],
        "tool_choice": "none",
        "config": _config(run.spec.generate),
        "output": _output(run, generation),
    }
    return [called]


def _turns(prompt: Prompt) -> str | list[dict[str, Any]]:
    return prompt if isinstance(prompt, str) else _asked(prompt)


def _asked(prompt: Prompt) -> list[dict[str, Any]]:
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt, "source": "input"}]
    return [{"role": turn.role, "content": turn.content} for turn in prompt]


def _said(run: Run, output: Output) -> dict[str, Any]:
    text: Any = output.text
    if output.reasoning:
        text = [{"type": "reasoning", "reasoning": output.reasoning}, {"type": "text", "text": output.text}]
    return {"role": "assistant", "content": text, "source": "generate", "model": run.model}


def _target(target: Any) -> str | list[str]:
    if isinstance(target, list) and all(isinstance(each, str) for each in target):
        return target
    if isinstance(target, str):
        return target
    return "" if target is None else json.dumps(target)


def _output(run: Run, generation: Generation) -> dict[str, Any]:
    output = generation.output
    if output is None:
        return {"model": run.model, "choices": [], "completion": "", "error": generation.error}
    reason = STOP_REASONS.get(output.stop_reason, "unknown")
    return {
        "model": run.model,
        "choices": [{"message": _messages(run, generation)[-1], "stop_reason": reason}],
        "completion": output.text,
        "usage": _usage(generation, output),
        "time": output.latency,
    }


def _usage(generation: Generation, output: Output) -> dict[str, Any]:
    used = output.usage
    more = {
        "input_tokens_cache_read": used.cache_read_tokens or None,
        "input_tokens_cache_write": used.cache_write_tokens or None,
        "reasoning_tokens": used.reasoning_tokens or None,
        "total_cost": generation.cost,
    }
    counted = {"input_tokens": used.input_tokens, "output_tokens": used.output_tokens}
    return {**counted, "total_tokens": sum(counted.values()), **{k: v for k, v in more.items() if v is not None}}


def _scores(scores: Sequence[Score], output: Output | None) -> Iterator[tuple[str, dict[str, Any]]]:
    names: set[str] = set()
    for score in scores:
        verdict = score.verdict
        name = verdict.name if verdict.name not in names else f"{verdict.name} ({score.author_id}, {len(names)})"
        names.add(name)
        value: Any = verdict.value if verdict.value is not None else verdict.label
        yield (
            name,
            {
                # What Inspect means by it: not scored.
                "value": math.nan if value is None else value,
                "answer": output.answer if output else None,
                "explanation": verdict.explanation or None,
                **({"reason": verdict.error} if verdict.error is not None else {}),
                "metadata": {OURS: {**_by(score), **verdict.model_dump(mode="json", exclude_defaults=True)}},
            },
        )


def _by(score: Score) -> dict[str, str]:
    return {"author": score.author, "author_id": score.author_id, "author_version": score.author_version}


def _extras(answer: Answer) -> dict[str, Any]:
    """What an Inspect sample has no field for."""
    sample, generation, _ = answer
    row, output = sample.row, generation.output
    found: dict[str, Any] = {
        "key": None if _sample_id(row.key) == row.key else row.key,
        "slices": list(row.slices),
        "tags": list(row.tags),
        "target": None if isinstance(row.target, str) else row.target,
        "completion": isinstance(generation.prompt, str),
        "answer": output.answer if output else None,
        "answer_rule": output.answer_rule if output else None,
        "likelihoods": [each.model_dump(mode="json") for each in output.likelihoods] if output else [],
        "cached": output.cached if output else False,
    }
    kept = {name: value for name, value in found.items() if value not in (None, [], False)}
    return {OURS: kept} if kept else {}


def _error(message: str | None) -> dict[str, str]:
    return {"message": message or "", "traceback": "", "traceback_ansi": ""}


def _summary(sample: dict[str, Any]) -> dict[str, Any]:
    """What lists show of a sample: texts that are short, and no metadata of its scores."""
    shown = ("id", "epoch", "choices", "target", "model_usage", "total_time", "working_time", "uuid")
    return {
        **{name: sample[name] for name in shown},
        "input": _short(sample["input"]),
        "metadata": {k: v for k, v in sample["metadata"].items() if k != OURS and len(str(v)) <= _SHOWN},
        "scores": {
            name: {part: _short(score[part]) for part in ("value", "answer", "explanation")}
            for name, score in sample["scores"].items()
        },
        "error": sample["error"]["message"] if sample["error"] else None,
        "completed": True,
        "message_count": len(sample["messages"]),
    }


def _short(value: Any) -> Any:
    if isinstance(value, str):
        return value[:_SHOWN]
    return [{**turn, "content": turn["content"][:_SHOWN]} for turn in value] if isinstance(value, list) else value
