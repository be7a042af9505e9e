"""lm-eval's `local-completions` through `benchbook gateway hf/smollm2-135m`, beside our own runtime `hf` and solver
`multiple-choice`: the same weights (float32), the same 300 questions of MMLU's STEM subjects, asked in both of
lm-eval's ways, as its tasks `mmlu` (letters) and `arc` (texts) ask. What is compared is each item: the verdict, the
choice, and the log-likelihoods.

lm-eval is told nothing but the address: it takes the tokenizer from the gateway, too, and sends tokens. So both read
the same tokens, and what is left is the rounding of float32. Batches are made of what comes together, by length, and
their sums are added up in another order each time. Two choices that differ by less than that may change places; such
items are listed. It takes lm-eval longer: what a request asks of a prompt is all of its tokens, and each choice is a
request of its own; ours weighs only the choices, and reads what differs in the last token alone once.

Not part of `make bench`: it needs the extra `hf`, lm-eval in `.venv-peers-engine`, and many minutes: `python -m bench
gateway`."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bench.endpoint import REPLY
from bench.peers.harnesses import PEERS
from bench.problems import SHARED
from bench.timing import table
from benchbook import settings

MODEL = os.environ.get("BENCH_MODEL", "hf/smollm2-135m")
ITEMS = int(os.environ.get("BENCH_ITEMS", "300"))
"""A number of one's own makes a quick look."""
_CHATS = 2000
TASKS = ("letters", "texts")
_ABOUT = "The following are multiple choice questions (with answers) about {{type.replace('_', ' ')}}.\n\n"
_ASKED: Mapping[str, Mapping[str, Any]] = {
    "letters": {
        "doc_to_text": _ABOUT + "{{question.strip()}}\n"
        "A. {{choices[0]}}\nB. {{choices[1]}}\nC. {{choices[2]}}\nD. {{choices[3]}}\nAnswer:",
        "doc_to_choice": ["A", "B", "C", "D"],
    },
    "texts": {"doc_to_text": "Question: {{question.strip()}}\nAnswer:", "doc_to_choice": "choices"},
}


@dataclass(frozen=True)
class Item:
    """What was made of one question."""

    prompt: str
    loglikelihoods: Sequence[float]
    values: Mapping[str, float]
    """`acc`, and `acc_norm` of texts."""

    @property
    def chosen(self) -> int:
        return max(range(len(self.loglikelihoods)), key=self.loglikelihoods.__getitem__)


Told = Mapping[str, Sequence[Item]]
"""The items of each task, in the order of the data."""


def measure() -> str:
    """The table, and the items that differ."""
    data, lm_eval = SHARED / "mmlu/mmlu_stem_dev.jsonl", PEERS / "bin/lm_eval"
    for needed in (data, lm_eval):
        if not needed.exists():
            return f"Not measured: {needed.name} is not there."
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        questions = folder / "questions.jsonl"
        questions.write_text("".join(data.read_text().splitlines(keepends=True)[:ITEMS]))
        (folder / "home").mkdir()
        (folder / "home" / "models").symlink_to(settings.load().models)
        ours, took = _ours(questions, folder)
        theirs, needed_by_lm_eval = _theirs(questions, folder, lm_eval)
    rows = [row for task in TASKS for row in _rows(task, theirs[task], ours[task])]
    heading = [
        "",
        "lm-eval",
        "ours",
        "same prompt",
        "same verdict",
        "same choice",
        "log-likelihoods: mean and largest difference",
    ]
    times = f"`benchbook eval` took {took:.0f} s, lm-eval through the gateway {needed_by_lm_eval:.0f} s."
    return "\n\n".join([table(heading, rows), *_differences(theirs, ours), times, _own()])


def _ours(questions: Path, folder: Path) -> tuple[Told, float]:
    """What `benchbook eval` makes of the questions, and how long it takes."""
    tasks: list[dict[str, Any]] = [
        {"task": {"name": "mmlu", "args": {"data": str(questions), "slice": "type"}}},
        {"task": {"name": "multiple-choice", "args": {"data": str(questions), "weigh": "texts"}}},
    ]
    config = folder / "config.yaml"
    run = {"concurrency": 16, "cache": False}
    config.write_text(json.dumps({"name": "ours", "models": [MODEL], "tasks": tasks, "run": run}))
    environment = {**os.environ, "BENCHBOOK_HOME": str(folder / "home")}
    command = [sys.executable, "-m", "benchbook"]
    started = time.monotonic()
    subprocess.run([*command, "eval", str(config)], check=True, capture_output=True, env=environment)
    took = time.monotonic() - started
    said = subprocess.run([*command, "export", "ours"], check=True, capture_output=True, text=True, env=environment)
    return _exported(json.loads(line) for line in said.stdout.splitlines()), took


def _exported(lines: Iterator[Any]) -> Told:
    found: dict[str, dict[int, Item]] = {task: {} for task in TASKS}
    for line in lines:
        scores = {score["name"]: score for score in line["scores"]}
        item = Item(
            line["prompt"], scores["acc"]["trace"]["weights"], {name: score["value"] for name, score in scores.items()}
        )
        found["letters" if line["task"] == "mmlu" else "texts"][int(line["sample"])] = item
    return {task: [items[key] for key in sorted(items)] for task, items in found.items()}


def _theirs(questions: Path, folder: Path, lm_eval: Path) -> tuple[Told, float]:
    """What lm-eval makes of them, and how long it takes."""
    (folder / "tasks").mkdir()
    for task in TASKS:
        (folder / "tasks" / f"{task}.yaml").write_text(json.dumps(_task(task, questions)))
    with _gateway(MODEL) as (base_url, _):
        model = f"model={MODEL},base_url={base_url}/completions,num_concurrent=16"
        command = [
            *(str(lm_eval), "--model", "local-completions", "--model_args", model, "--tasks", ",".join(TASKS)),
            *("--include_path", str(folder / "tasks"), "--log_samples", "--output_path", str(folder / "out")),
        ]
        environment = {**os.environ, "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1"}
        started = time.monotonic()
        subprocess.run(command, check=True, env=environment, stdout=sys.stderr)
        took = time.monotonic() - started
    return {task: _logged(folder / "out", task) for task in TASKS}, took


def _task(task: str, questions: Path) -> dict[str, Any]:
    metrics = ("acc",) if task == "letters" else ("acc", "acc_norm")
    return {
        "task": task,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(questions)}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_target": "answer",
        "metric_list": [{"metric": metric} for metric in metrics],
        **_ASKED[task],
    }


@contextmanager
def _gateway(model: str, *arguments: str) -> Iterator[tuple[str, int]]:
    """The base URL of a gateway to the model, and its process."""
    command = [sys.executable, "-m", "benchbook", "gateway", model, "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process.stdout.readline().strip(), process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def _logged(folder: Path, task: str) -> list[Item]:
    [file] = folder.rglob(f"samples_{task}_*.jsonl")
    samples = sorted((json.loads(line) for line in file.read_text().splitlines()), key=lambda each: each["doc_id"])
    return [
        Item(
            each["arguments"]["gen_args_0"]["arg_0"],
            [float(logprob) for [[logprob, _]] in each["resps"]],
            {name: each[name] for name in ("acc", "acc_norm") if name in each},
        )
        for each in samples
    ]


def _rows(task: str, theirs: Sequence[Item], ours: Sequence[Item]) -> Iterator[list[str]]:
    pairs = list(zip(theirs, ours, strict=True))
    apart = [
        abs(one - other)
        for their, our in pairs
        for one, other in zip(their.loglikelihoods, our.loglikelihoods, strict=True)
    ]
    for metric in ours[0].values:
        left, right = (sum(item.values[metric] for item in items) / len(items) for items in (theirs, ours))
        same = sum(their.values[metric] == our.values[metric] for their, our in pairs)
        prompts = sum(their.prompt == our.prompt for their, our in pairs)
        chosen = sum(their.chosen == our.chosen for their, our in pairs)
        yield [
            *(f"{task}, `{metric}`", f"{left:.4f}", f"{right:.4f}", f"{prompts} of {len(pairs)}"),
            *(
                f"{same} of {len(pairs)}",
                f"{chosen} of {len(pairs)}",
                f"{sum(apart) / len(apart):.1g}, {max(apart):.1g}",
            ),
        ]


def _differences(theirs: Told, ours: Told) -> Iterator[str]:
    """Each item whose verdict differs, with how far its two best choices are apart."""
    for task in TASKS:
        for at, (their, our) in enumerate(zip(theirs[task], ours[task], strict=True), 1):
            if their.values != our.values or their.chosen != our.chosen:
                first, second = sorted(our.loglikelihoods, reverse=True)[:2]
                verdicts = f"lm-eval {dict(their.values)}, ours {dict(our.values)}"
                yield f"{task}, question {at}: {verdicts}; the best two are {first - second:.1g} apart"


def _own() -> str:
    """What the gateway itself takes: the model is one that answers at once."""
    rows = []
    with _gateway("mock/x", "-M", f"replies={REPLY}") as (base_url, process):
        for name, stream in (("whole", False), ("streamed", True)):
            asyncio.run(_asked(base_url, 100, stream=stream))
            used, started = _cpu(process), time.monotonic()
            asyncio.run(_asked(base_url, _CHATS, stream=stream))
            took, cpu = time.monotonic() - started, _cpu(process) - used
            rows.append([name, f"{_CHATS / took:,.0f}", f"{cpu / _CHATS * 1000:.2f} ms"])
    heading = ["", "requests/s, 64 at once", "CPU of the gateway a request"]
    return (
        f"**The gateway itself**, {_CHATS:,} chats with a mock model that answers 200 words:\n\n{table(heading, rows)}"
    )


async def _asked(base_url: str, number: int, *, stream: bool) -> None:
    body = {"model": "mock/x", "messages": [{"role": "user", "content": "Hello"}], "stream": stream}
    left = iter(range(number))

    async def ask(session: aiohttp.ClientSession) -> None:
        for _ in left:
            async with session.post(f"{base_url}/chat/completions", json=body) as response:
                assert response.status == 200
                await response.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(ask(session) for _ in range(64)))


def _cpu(process: int) -> float:
    """Processor seconds of a process."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
