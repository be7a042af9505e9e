"""Answers that were recorded elsewhere: the way to evaluate outputs one already has.

A file of JSON lines (`.jsonl`, `.jsonl.gz`), one answer a line. The n-th line of a sample answers its epoch n.

Of a judge, a line is what it wrote about one answer or pair: `id` is the sample's key or the id of the (first) answer,
`order` is `first_second` or `second_first`, and the n-th line of a sample and an order is vote n.
"""

import asyncio
import gzip
import hashlib
import json
import math
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

from benchbook import Output, Request, Runtime, RuntimeFailed, SpecError, Usage, register
from benchbook.plugins.runtimes.completions import quoted, stop_reason

Field = Literal["key", "completion", "model", "order", "input_tokens", "output_tokens", "latency", "stop_reason"]
Names = Mapping[Field, tuple[str, ...]]

_NAMES: Names = {
    "key": ("key", "id", "task_id", "sample"),
    "completion": ("completion", "response", "output", "text"),
    "order": ("order",),
    "input_tokens": ("input_tokens", "prompt_tokens"),
    "output_tokens": ("output_tokens", "completion_tokens"),
    "latency": ("latency",),
    "stop_reason": ("stop_reason", "finish_reason"),
}
"""Under which names a line is searched for a field, unless `fields` says otherwise: the first that is there counts."""


_ORDERS = ("first_second", "second_first")
"""In which two answers are shown to a judge: as they are named, and the other way round."""


class _Answer(NamedTuple):
    """One line, reduced to what is needed: there may be a hundred thousand."""

    text: str
    input_tokens: int
    output_tokens: int
    latency: float | None
    stop_reason: str | None
    order: str
    """Of a judge: in which order it was shown two answers."""


def _preflight(
    model: str,
    file: str,
    fields: dict[Field, str] | None,
    prompt_style: str,  # noqa: ARG001 - a preflight is called with every argument of its factory
) -> None:
    _answers(Path(file), model, fields or {})


@register("runtime", preflight=_preflight)
async def replay(
    model: str,
    file: str,
    fields: dict[Field, str] | None = None,
    prompt_style: Literal["chat", "completion"] = "completion",
) -> AsyncIterator[Runtime]:
    """The answers in `file`, found by the sample's key.

    `fields` says how the file calls what we read of it: key, completion, input_tokens, output_tokens, latency,
    stop_reason. With `fields: {model: FIELD}`, only the lines of the model `replay/MODEL` count. Nobody is asked, so
    `prompt_style` only decides which prompt is kept beside the answer.
    """
    path = Path(file)
    answers = await asyncio.to_thread(_answers, path, model, fields or {})
    facts = {
        "file": path.name,
        "sha256": await asyncio.to_thread(_sha256, path),
        "recorded_samples": str(len(answers)),
        "recorded_answers": str(sum(map(len, answers.values()))),
    }

    async def generate(request: Request) -> Output:
        recorded = _recorded(answers, request)
        if len(recorded) < request.epoch:
            others = (
                "" if request.sample in answers else f"; its ids are such as {quoted(', '.join(islice(answers, 3)))}"
            )
            raise RuntimeFailed(f"no recorded answer for {_told(request)}, in {path}{others}")
        return _output(recorded[request.epoch - 1])

    yield Runtime(generate, prompt_style=prompt_style, facts=facts, samples=False, mends=False)


def _recorded(answers: Mapping[str, Sequence[_Answer]], request: Request) -> Sequence[_Answer]:
    """The answers to the sample; of a judge those in the order that it is asked in."""
    question = request.question
    if question is None:
        return answers.get(request.sample, ())
    judged = question.matter.answers[0]
    found = answers.get(judged.id if judged else "") or answers.get(request.sample, ())
    if found and question.matter.epoch > 1 and not (judged and judged.id in answers):
        raise RuntimeFailed(
            f"sample {request.sample} has several answers: verdicts on the second and later ones are found "
            f"by the id of the answer, {judged.id if judged else ''}, alone"
        )
    stray = next((answer.order for answer in found if answer.order not in _ORDERS), None)
    if stray is not None:
        raise RuntimeFailed(f"the order of a recorded verdict is {' or '.join(_ORDERS)}, not {stray[:40]!r}")
    return [answer for answer in found if answer.order == _ORDERS[question.swapped]]


def _told(request: Request) -> str:
    question = request.question
    if question is None:
        return f"sample {request.sample}, epoch {request.epoch}"
    return f"sample {request.sample}, order {_ORDERS[question.swapped]}, vote {question.vote}"


def _answers(path: Path, model: str, fields: Mapping[Field, str]) -> dict[str, list[_Answer]]:
    """All answers of the file by sample, in their order; SpecError names the line that makes no sense."""
    names = {**_NAMES, **{field: (name,) for field, name in fields.items()}}
    answers: dict[str, list[_Answer]] = defaultdict(list)
    others: set[str] = set()
    for place, line in _lines(path):
        if "model" in fields and (of_model := _text(line, "model", names, place)) != model:
            others.add(of_model)
            continue
        answers[_text(line, "key", names, place)].append(_answer(line, names, place))
    if not answers:
        hint = f" of the model {model!r}; it has {quoted(', '.join(sorted(others)[:10]))}" if others else ""
        raise SpecError(f"{path} holds no answers{hint}", field=["args", "file"])
    return dict(answers)


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every line that is not blank, as an object, with its place in words."""
    place = str(path)
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                place = f"{path}:{number}"
                if raw.strip():
                    yield place, _object(raw, place)
    except FileNotFoundError:
        raise SpecError(
            f"there is no file {path}; give the path of the answers, absolute or from {Path.cwd()}",
            field=["args", "file"],
        ) from None
    except (OSError, EOFError, zlib.error) as err:
        raise SpecError(f"cannot be read on: {err}", field=["args", "file"], at=place) from None


def _object(raw: bytes, place: str) -> dict[str, Any]:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError) as err:
        raise SpecError(f"not a line of JSON: {err}", at=place) from None
    if not isinstance(line, dict):
        raise SpecError(f"expected an object, got {type(line).__name__}", at=place)
    return line


def _answer(line: Mapping[str, Any], names: Names, place: str) -> _Answer:
    reason = _found(line, "stop_reason", names)
    return _Answer(
        text=_completion(line, names, place),
        input_tokens=int(_number(line, "input_tokens", names, place) or 0),
        output_tokens=int(_number(line, "output_tokens", names, place) or 0),
        latency=_number(line, "latency", names, place),
        stop_reason=reason if isinstance(reason, str) else None,
        order=str(_found(line, "order", names) or "first_second"),
    )


def _completion(line: Mapping[str, Any], names: Names, place: str) -> str:
    value = _required(line, "completion", names, place)
    if not isinstance(value, str):
        raise SpecError(f"the completion is {_kind(value)}, not a text", at=place)
    return value


def _text(line: Mapping[str, Any], field: Field, names: Names, place: str) -> str:
    """A name, which may be written as a number."""
    value = _required(line, field, names, place)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SpecError(f"the {field} is {_kind(value)}, not a text or a number", at=place)
    return str(value)


def _number(line: Mapping[str, Any], field: Field, names: Names, place: str) -> float | None:
    value = _found(line, field, names)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise SpecError(f"the {field} is {_kind(value)}, not a number from 0", at=place)
    return value


def _required(line: Mapping[str, Any], field: Field, names: Names, place: str) -> Any:
    value = _found(line, field, names)
    if value is None:
        looked_for = " or ".join(f"`{name}`" for name in names[field])
        raise SpecError(f"no {field}: the line has no {looked_for}; `fields: {{{field}: NAME}}` says it", at=place)
    return value


def _found(line: Mapping[str, Any], field: Field, names: Names) -> Any:
    return next((line[name] for name in names[field] if line.get(name) is not None), None)


def _kind(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _output(answer: _Answer) -> Output:
    return Output(
        text=answer.text,
        stop_reason=stop_reason(answer.stop_reason),
        usage=Usage(input_tokens=answer.input_tokens, output_tokens=answer.output_tokens),
        latency=answer.latency,
    )
