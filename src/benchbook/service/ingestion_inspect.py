"""Logs of Inspect AI, read: `.eval` archives and `.json` documents."""

import hashlib
import json
import math
import re
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from benchbook.errors import SpecError
from benchbook.service.ingestion_files import MOST_UNPACKED
from benchbook.service.ingestion_logs import Log, Logged, Said
from benchbook.service.ingestion_paths import kind_of
from benchbook.service.ingestion_rows import Rejected, sound
from benchbook.service.inspect_logs import OURS, STOP_REASONS
from benchbook.specs.datasets import Row
from benchbook.specs.models import GenerateConfig, Message, Prompt
from benchbook.specs.outputs import Likelihood, Output, StopReason, Usage
from benchbook.specs.verdicts import Author, Verdict, beyond

_HEAD = re.compile(rb'\s*\{\s*"version"\s*:\s*\d+\s*,\s*"status"\s*:')
_GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
"""What Inspect's letters are worth: correct, partly, incorrect, no answer."""
_WORDS = {"yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
_ATTACHED = "attachment://"
_MOST_EPOCHS = 1_000_000
_REASONS: dict[str, StopReason] = {theirs: ours for ours, theirs in STOP_REASONS.items()} | {"model_length": "length"}


def is_log(path: Path) -> bool:
    """Whether the file is one."""
    if path.suffix == ".eval":
        return True
    if path.suffix != ".json" or not path.is_file():
        return False
    with path.open("rb") as file:
        return _HEAD.match(file.read(4_096)) is not None


def read(path: Path) -> Log:
    """The log; SpecError if it cannot be read."""
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        header, samples = _archive(path) if path.suffix == ".eval" else _document(path)
    except FileNotFoundError:
        raise SpecError(f"there is no file {path}") from None
    except OSError as err:
        raise SpecError(f"cannot read {path}: {err.strerror or err}") from None
    except _broken() as err:
        raise SpecError(f"{path} is no log of Inspect AI that can be read: {err}") from None
    try:
        return _log(path, sha256, header, samples)
    except (ValidationError, TypeError, ValueError, LookupError, AttributeError) as err:
        raise SpecError(f"{path} has a header that Inspect AI does not write: {str(err).splitlines()[0]}") from None


def _log(path: Path, sha256: str, header: Mapping[str, Any], samples: Sequence[tuple[str, Any]]) -> Log:
    evaluated = header.get("eval")
    if not isinstance(evaluated, dict) or not all(isinstance(evaluated.get(each), str) for each in ("task", "model")):
        raise SpecError(f"{path} is no log of Inspect AI: its header has no `eval` with task and model")
    packages = evaluated.get("packages") or {}
    name = "inspect_ai" if "inspect_ai" in packages or OURS not in packages else OURS
    harness = f"{name} {packages.get(name, '')}".strip()
    known = (evaluated.get("dataset") or {}).get("sample_ids") or []
    answers, rejected = _taken(samples, harness, {str(key): at for at, key in enumerate(known)})
    return Log(
        path=path,
        sha256=sha256,
        harness=harness,
        task=evaluated["task"],
        model=evaluated["model"],
        answers=answers,
        rejected=rejected,
        generate=_config(evaluated.get("model_generate_config"), header.get("plan")),
        environment=_environment(header, evaluated),
    )


def _archive(path: Path) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    with _zipfile().ZipFile(path) as log:
        # Names may come twice: what is read is what was counted.
        members = [info for info in log.infolist() if re.fullmatch(r"samples/.+\.json", info.filename)]
        if sum(info.file_size for info in log.infolist()) > MOST_UNPACKED:
            raise SpecError(f"{path}: unpacked, it has more than {MOST_UNPACKED >> 20} MiB; divide it")
        begun = "header.json" if "header.json" in log.namelist() else "_journal/start.json"
        try:
            header = json.loads(log.read(begun))
            return header, [(f"{path} {each.filename}", json.loads(log.read(each))) for each in members]
        except KeyError:
            raise SpecError(f"{path} is no log of Inspect AI: it has no header") from None
        except NotImplementedError:
            raise SpecError(
                f"{path} is packed by Zstandard: pip install 'benchbook[inspect]', or write the log as JSON by "
                "`inspect log convert --to json`"
            ) from None


def _broken() -> tuple[type[Exception], ...]:
    """What is raised of an archive that is none, or is damaged."""
    # An archive that asks for a password is a RuntimeError, as is what is nested too deeply.
    plain = (zipfile.BadZipFile, zlib.error, ValueError, RuntimeError, EOFError, TypeError)
    return (*plain, _zipfile().BadZipFile, *_zstandard_errors())


def _zstandard_errors() -> tuple[type[Exception], ...]:
    try:
        return (import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd").ZstdError,)
    except ModuleNotFoundError:
        return ()


def _zipfile() -> Any:
    """The module that reads archives: Python's own learnt Zstandard, as Inspect packs, in 3.14."""
    if sys.version_info >= (3, 14):
        return zipfile
    try:
        return import_module("backports.zstd.zipfile")
    except ModuleNotFoundError:
        return zipfile


def _document(path: Path) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    document = json.loads(path.read_bytes())
    samples = document.pop("samples", None) or []
    return document, [(f"{path} samples[{at}]", sample) for at, sample in enumerate(samples)]


def _taken(
    samples: Iterable[tuple[str, Any]], harness: str, order: Mapping[str, int]
) -> tuple[list[Logged], list[Rejected]]:
    """The answers in the order of the data set, and what is none."""
    answers: list[Logged] = []
    rejected: list[Rejected] = []
    rows: dict[str, Row] = {}
    places: set[tuple[str, int]] = set()
    for place, sample in samples:
        try:
            logged = _logged(sample, harness)
        except SpecError as err:
            rejected.append(Rejected(place, ".".join(map(str, err.field)), err.message))
            continue
        key = logged.row.key
        if rows.setdefault(key, logged.row) != logged.row:
            rejected.append(Rejected(place, "id", f"two samples are called {key!r}, and differ"))
        elif (key, logged.epoch) in places:
            rejected.append(Rejected(place, "epoch", f"sample {key!r}, epoch {logged.epoch}, is there twice"))
        else:
            places.add((key, logged.epoch))
            answers.append(logged)
    first = {key: at for at, key in enumerate(rows)}
    by_place = sorted(answers, key=lambda each: (order.get(each.row.key, 0), first[each.row.key], each.epoch))
    return by_place, rejected


def _logged(sample: Any, harness: str) -> Logged:
    if not isinstance(sample, dict):
        raise SpecError(f"a sample is an object of fields, not {kind_of(sample)}")
    kept = ("id", "epoch", "input", "choices", "target", "messages", "output", "scores", "metadata", "working_time")
    try:
        attachments = sample.get("attachments") or {}
        whole = {name: _resolved(sample.get(name), attachments) for name in kept}
        sound({name: value for name, value in whole.items() if name != "scores"})
        metadata = dict(whole["metadata"] or {})
        ours = metadata.pop(OURS, None)
        extras: Mapping[str, Any] = ours if isinstance(ours, dict) else {}
        return Logged(
            row=_row(whole, metadata, extras),
            epoch=_epoch(whole["epoch"]),
            prompt=_prompt(whole, extras),
            output=(output := _output(whole, extras)),
            error=_error(sample.get("error"), output),
            cost=_number((whole["output"] or {}).get("usage"), "total_cost"),
            said=tuple(_said(whole["scores"] or {}, harness)),
        )
    except (ValidationError, TypeError, ValueError, LookupError, AttributeError, RecursionError) as err:
        raise SpecError(f"this is no sample as Inspect AI writes it: {str(err).splitlines()[0]}") from None


def _resolved(value: Any, attachments: Mapping[str, Any]) -> Any:
    """The value with what Inspect has put aside back in its place."""
    if isinstance(value, str):
        return attachments.get(value.removeprefix(_ATTACHED), value) if value.startswith(_ATTACHED) else value
    if isinstance(value, list):
        return [_resolved(each, attachments) for each in value]
    if isinstance(value, dict):
        return {name: _resolved(each, attachments) for name, each in value.items()}
    return value


def _epoch(value: Any) -> int:
    number = 1 if value is None else value
    if not isinstance(number, int) or not 1 <= number <= _MOST_EPOCHS:
        raise SpecError(f"an epoch is a whole number from 1, not {str(number)[:40]}", field=["epoch"])
    return int(number)


def _row(sample: Mapping[str, Any], metadata: dict[str, Any], extras: Mapping[str, Any]) -> Row:
    if not isinstance(sample["id"], str | int) or sample["id"] == "":
        raise SpecError("the sample has no id", field=["id"])
    asked = sample["input"]
    return Row(
        key=str(extras.get("key") or sample["id"]),
        input=asked if isinstance(asked, str) else tuple(_turns(asked)),
        target=extras.get("target", sample["target"]),
        choices=tuple(sample["choices"] or ()),
        slices=tuple(extras.get("slices", ())),
        tags=tuple(extras.get("tags", ())),
        metadata=metadata,
    )


def _turns(messages: Iterable[Mapping[str, Any]]) -> Iterator[Message]:
    for message in messages:
        text, _ = _texts(message.get("content"))
        role = message.get("role")
        if role == "tool":
            yield Message(role="user", content=f"[{message.get('function') or 'tool'}] {text}")
        else:
            yield Message.parse({"role": role, "content": text})


def _texts(content: Any) -> tuple[str, str]:
    """What is said and what is thought in a message; of other matter its kind alone."""
    if isinstance(content, str):
        return content, ""
    said: list[str] = []
    thought: list[str] = []
    for part in content or []:
        if part.get("type") == "reasoning":
            thought.append(part.get("reasoning") or part.get("summary") or "")
        else:
            said.append(part["text"] if part.get("type") == "text" else f"[{part.get('type')}]")
    return "\n".join(said), "\n".join(thought)


def _prompt(sample: Mapping[str, Any], extras: Mapping[str, Any]) -> Prompt:
    """What was asked before the last answer."""
    messages = sample["messages"] or []
    last = max((at for at, each in enumerate(messages) if each.get("role") == "assistant"), default=len(messages))
    turns = tuple(_turns(messages[:last]))
    if not turns:
        return sample["input"] if isinstance(sample["input"], str) else tuple(_turns(sample["input"]))
    return turns[0].content if extras.get("completion") and len(turns) == 1 else turns


def _output(sample: Mapping[str, Any], extras: Mapping[str, Any]) -> Output | None:
    given = sample["output"] or {}
    if not given.get("choices"):
        return None
    choice = given["choices"][0]
    text, reasoning = _texts(choice["message"].get("content"))
    used = given.get("usage") or {}
    names = {"cache_read_tokens": "input_tokens_cache_read", "cache_write_tokens": "input_tokens_cache_write"}
    counted = {name: used.get(names.get(name, name)) or 0 for name in Usage.model_fields}
    return Output(
        text=text,
        reasoning=reasoning,
        stop_reason=_REASONS.get(choice.get("stop_reason"), "unknown"),
        usage=Usage(**counted),
        latency=_number(given, "time") or _number(sample, "working_time"),
        answer=extras.get("answer", _answer(sample)),
        answer_rule=extras.get("answer_rule"),
        likelihoods=tuple(Likelihood.parse(each) for each in extras.get("likelihoods", ())),
        cached=extras.get("cached") is True,
    )


def _answer(sample: Mapping[str, Any]) -> str | None:
    """What the scorers took for the answer, if they agree."""
    taken = {score.get("answer") for score in (sample["scores"] or {}).values() if isinstance(score, dict)}
    return taken.pop() if len(taken) == 1 else None


def _error(error: Any, output: Output | None) -> str | None:
    if isinstance(error, dict):
        return str(error.get("message") or "error")
    return None if output is not None else "the log has no answer"


def _number(of: Any, name: str) -> float | None:
    value = of.get(name) if isinstance(of, dict) else None
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good and value is not None else None


def _said(scores: Mapping[str, Any], harness: str) -> Iterator[Said]:
    for name, score in scores.items():
        ours = (score.get("metadata") or {}).get(OURS)
        if isinstance(ours, dict):
            yield _own(ours)
            continue
        value = score.get("value")
        parts = value if isinstance(value, dict) else {"": value}
        for part, worth in parts.items():
            yield Said(_verdict(f"{name}/{part}" if part else name, worth, score), name, harness)


def _own(ours: Mapping[str, Any]) -> Said:
    """A verdict of our own, that was exported: as it was."""
    who: Author = ours["author"]
    if who not in get_args(Author):
        raise SpecError(f"an author is one of {', '.join(get_args(Author))}", field=["scores"])
    verdict = {name: value for name, value in ours.items() if name in Verdict.model_fields}
    return Said(Verdict.parse(verdict), str(ours["author_id"]), str(ours["author_version"]), who)


def _verdict(name: str, value: Any, score: Mapping[str, Any]) -> Verdict:
    explanation = score.get("explanation") or ""
    if isinstance(value, bool):
        return Verdict(name=name, value=float(value), label=str(value).lower(), explanation=explanation)
    if isinstance(value, int | float):
        if isinstance(value, float) and math.isnan(value):
            return Verdict(name=name, error=str(score.get("reason") or "unscored"), explanation=explanation)
        if why := beyond(value):
            return Verdict(name=name, error=why, explanation=explanation)
        return Verdict(name=name, value=float(value), explanation=explanation)
    if isinstance(value, str):
        worth = _GRADES.get(value, _WORDS.get(value.lower()))
        return Verdict(name=name, value=worth, label=value, explanation=explanation)
    return Verdict(name=name, error=f"a value that is {kind_of(value)} is no verdict", explanation=explanation)


def _config(given: Any, plan: Any) -> GenerateConfig:
    asked = {**((plan or {}).get("config") or {}), **(given or {})}
    names = ("max_tokens", "temperature", "top_p", "top_k", "seed", "reasoning_tokens")
    found = {name: asked[name] for name in names if asked.get(name) is not None}
    effort = asked.get("reasoning_effort")
    known = {"reasoning": effort} if effort in ("none", "minimal", "low", "medium", "high") else {}
    return GenerateConfig.parse({**found, **known, "stop": list(asked.get("stop_seqs") or [])})


def _environment(header: Mapping[str, Any], evaluated: Mapping[str, Any]) -> dict[str, str]:
    stats = header.get("stats") or {}
    found = {
        "log status": header.get("status"),
        "logged at": evaluated.get("created"),
        "log started": stats.get("started_at"),
        "log finished": stats.get("completed_at"),
        "log data set": (evaluated.get("dataset") or {}).get("name"),
    }
    return {name: str(value) for name, value in found.items() if value}
