"""Samples of lm-evaluation-harness, as its `--log_samples` writes them: a line for each sample and filter."""

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from benchbook.errors import SpecError
from benchbook.service.ingestion_logs import Log, Logged, Said
from benchbook.service.ingestion_rows import Rejected, sound
from benchbook.specs.datasets import Row
from benchbook.specs.models import GenerateConfig, Message, Prompt
from benchbook.specs.outputs import Likelihood, Output
from benchbook.specs.verdicts import Verdict, beyond

_NAME = re.compile(r"samples_(?P<task>.+?)_(?P<time>\d{4}-\d\d-\d\dT[\d.-]+)")
_FIELDS = {"doc_id", "doc", "arguments", "resps", "filtered_resps"}


def is_log(path: Path) -> bool:
    """Whether the file is one."""
    if path.suffix != ".jsonl" or not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.readline(1 << 24)
    try:
        line = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(line, dict) and line.keys() >= _FIELDS


def read(path: Path) -> Log:
    """The samples of one task, with model and settings from the `results_….json` beside them; SpecError if they cannot
    be read."""
    try:
        body = path.read_bytes()
    except OSError as err:
        raise SpecError(f"cannot read {path}: {err.strerror or err}") from None
    named = _NAME.fullmatch(path.stem)
    task = named["task"] if named else path.stem
    results = _results(path, named["time"] if named else "")
    config = results.get("config") or {}
    harness = f"lm-eval {results.get('lm_eval_version') or ''}".strip()
    samples, rejected = _samples(path, body, harness)
    try:
        return Log(
            path=path,
            sha256=hashlib.sha256(body).hexdigest(),
            harness=harness,
            task=task,
            model=str(_model(results, config) or path.parent.name),
            answers=[answer for lines in samples.values() for answer in lines],
            rejected=rejected,
            generate=_generate((results.get("configs") or {}).get(task) or {}),
            environment=_environment(results, config, task),
        )
    except (ValidationError, TypeError, ValueError, LookupError, AttributeError) as err:
        beside = _beside(path, named["time"] if named else "")
        raise SpecError(f"{beside} is none that lm-eval writes: {str(err).splitlines()[0]}") from None


def _results(path: Path, time: str) -> dict[str, Any]:
    """What lm-eval says of the whole run; nothing where the file is not there any more."""
    beside = _beside(path, time)
    try:
        found = json.loads(beside.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as err:
        raise SpecError(f"cannot read {beside}, which tells of the model: {err}") from None
    return found if isinstance(found, dict) else {}


def _beside(path: Path, time: str) -> Path:
    return path.with_name(f"results_{time}.json")


def _model(results: Mapping[str, Any], config: Mapping[str, Any]) -> Any:
    args = config.get("model_args")
    if isinstance(args, dict):
        return args.get("model") or args.get("pretrained") or config.get("model")
    return results.get("model_name") or config.get("model")


def _samples(path: Path, body: bytes, harness: str) -> tuple[dict[str, list[Logged]], list[Rejected]]:
    """The answers by sample: what several filters say of the same is put together."""
    found: dict[str, list[Logged]] = {}
    rejected: list[Rejected] = []
    several = len({str(line.get("filter")) for _, line in _lines(path, body, [])}) > 1
    for place, line in _lines(path, body, rejected):
        try:
            sound({name: line.get(name) for name in ("doc", "arguments", "target", "filtered_resps")})
            answers = _logged(line, harness, named=several)
        except SpecError as err:
            rejected.append(Rejected(place, ".".join(map(str, err.field)), err.message))
            continue
        except (ValidationError, TypeError, ValueError, LookupError, AttributeError, RecursionError) as err:
            rejected.append(Rejected(place, "", f"this is no sample as lm-eval writes it: {str(err).splitlines()[0]}"))
            continue
        key = answers[0].row.key
        earlier = found.get(key)
        if earlier is None:
            found[key] = answers
        elif [each.output and each.output.text for each in earlier] != [
            each.output and each.output.text for each in answers
        ]:
            rejected.append(Rejected(place, "doc_id", f"two samples are called {key!r}, and differ"))
        else:
            first, *rest = earlier
            found[key] = [_with(first, answers[0].said), *rest]
    return found, rejected


def _with(answer: Logged, said: tuple[Said, ...]) -> Logged:
    return Logged(answer.row, answer.epoch, answer.prompt, answer.output, said=(*answer.said, *said))


def _lines(path: Path, body: bytes, rejected: list[Rejected]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, raw in enumerate(body.split(b"\n"), 1):
        if not raw.strip():
            continue
        try:
            line = json.loads(raw)
        except (ValueError, RecursionError) as err:
            rejected.append(Rejected(f"{path}:{number}", "", f"not valid JSON: {err}"))
            continue
        if isinstance(line, dict) and line.keys() >= _FIELDS:
            yield f"{path}:{number}", line
        else:
            missing = ", ".join(sorted(_FIELDS - line.keys())) if isinstance(line, dict) else "an object"
            rejected.append(Rejected(f"{path}:{number}", "", f"no sample of lm-eval: there is no {missing}"))


def _logged(line: Mapping[str, Any], harness: str, *, named: bool) -> list[Logged]:
    """One answer, or as many as there are repeats; what was measured is said of the first, as it is of all together."""
    arguments = list(line["arguments"].values()) if isinstance(line["arguments"], dict) else line["arguments"]
    requests = [_request(each) for each in arguments]
    weighed = [_likelihood(each[0]) for each in line["resps"]] if _weighed(line) else None
    choices = tuple(str(continuation) for _, continuation in requests) if weighed else ()
    prompt = _prompt(requests[0][0])
    row = Row(
        key=str(line["doc_id"]),
        input=prompt,
        target=line.get("target"),
        choices=choices,
        metadata={"doc": line["doc"]},
    )
    said = tuple(_said(line, harness, named=named))
    outputs = [_chosen(weighed, choices)] if weighed else [_output(text) for text in line["resps"][0]]
    return [
        Logged(row, epoch, prompt, output, said=said if epoch == 1 else ()) for epoch, output in enumerate(outputs, 1)
    ]


def _request(argument: Any) -> tuple[Any, Any]:
    first, second = argument.values() if isinstance(argument, dict) else argument
    return first, second


def _weighed(line: Mapping[str, Any]) -> bool:
    first = line["resps"][0][0]
    return isinstance(first, list) and len(first) == 2


def _likelihood(said: Any) -> Likelihood:
    # lm-eval writes numbers as texts here. Of the tokens it does not tell how many there were.
    logprob = float(said[0])
    if not math.isfinite(logprob):
        raise SpecError(f"{logprob} is no log-probability that can be kept", field=["resps"])
    return Likelihood(logprob=logprob, tokens=0, greedy=str(said[1]) == "True")


def _chosen(weighed: list[Likelihood], choices: tuple[str, ...]) -> Output:
    best = max(range(len(weighed)), key=lambda at: weighed[at].logprob)
    return Output(text=choices[best], likelihoods=tuple(weighed), answer=choices[best].strip(), answer_rule="likeliest")


def _output(text: Any) -> Output:
    if not isinstance(text, str):
        raise SpecError("an answer is a text, or a log-probability with whether it is greedy", field=["resps"])
    return Output(text=text)


def _prompt(context: Any) -> Prompt:
    """The context: a text, or the turns of a chat as the text that lm-eval makes of them."""
    text = context if isinstance(context, str) else json.dumps(context)
    if not text.startswith("[{"):
        return text
    try:
        turns = json.loads(text)
        return tuple(Message(role=turn["role"], content=turn["content"]) for turn in turns)
    except (ValueError, TypeError, KeyError):
        return text


def _said(line: Mapping[str, Any], harness: str, *, named: bool) -> Iterator[Said]:
    # The name that lm-eval's own tables and results have: metric and filter.
    chosen = line.get("filter") or "none"
    taken = line["filtered_resps"]
    explanation = f"{chosen}: {taken[0]}"[:500] if chosen != "none" and taken and isinstance(taken[0], str) else ""
    for metric in line.get("metrics") or ():
        name = f"{metric},{chosen}" if named else str(metric)
        value = line.get(metric)
        if not isinstance(value, bool | int | float):
            verdict = Verdict(name=name, error=f"lm-eval computes {metric} over all samples, not over each")
        elif why := beyond(value):
            verdict = Verdict(name=name, error=why)
        else:
            verdict = Verdict(name=name, value=float(value), explanation=explanation)
        yield Said(verdict, str(metric), harness)


def _generate(config: Mapping[str, Any]) -> GenerateConfig:
    asked = config.get("generation_kwargs") or {}
    until = asked.get("until") or ()
    most = asked.get("max_gen_toks")
    temperature = asked.get("temperature")
    return GenerateConfig(
        max_tokens=most if isinstance(most, int) and most > 0 else None,
        temperature=float(temperature) if isinstance(temperature, int | float) and temperature >= 0 else None,
        stop=(until,) if isinstance(until, str) else tuple(until),
    )


def _environment(results: Mapping[str, Any], config: Mapping[str, Any], task: str) -> dict[str, str]:
    found = {
        "log model args": json.dumps(config["model_args"]) if config.get("model_args") else None,
        "log shots": (results.get("n-shot") or {}).get(task),
        "log task version": (results.get("versions") or {}).get(task),
        "log task hash": (results.get("task_hashes") or {}).get(task),
        "log chat template sha256": results.get("chat_template_sha"),
    }
    return {name: str(value) for name, value in found.items() if value is not None}
