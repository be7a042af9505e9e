"""lm-evaluation-harness beside us, each with its own code from the file of the weights to the verdict: lm-eval's model
`hf` and our runtime `hf` read the same GGUF (SmolLM2-135M, float32), lm-eval's own tasks `mmlu` and `gsm8k` and ours
ask 300 questions of MMLU's STEM subjects, without examples, and 100 problems of GSM8K, after five. What is compared is
each item: the prompt, the log-likelihoods and the choice; what was said, and the verdicts by both of lm-eval's filters.
What lm-eval's model said is scored by our scorer, too: so filters are compared even where texts differ.

lm-eval's task files are used as they are, but for two lines: the data are local files, and the examples of `gsm8k` the
first five, where lm-eval draws other five for each question.

Not part of `make bench`: it needs the extra `hf`, and an environment with `lm_eval[hf]` and `gguf`, whose command
`lm_eval` BENCH_LM_EVAL names, and an hour on two cores: `python -m bench lm_eval_parity`. With BENCH_KEEP=FOLDER the
answers are kept there, and what is there already is not asked again."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.peers.harnesses import PEERS
from bench.problems import SHARED
from bench.timing import table
from benchbook import Generation, Output, Row, Sample, Use, build, settings

LM_EVAL = Path(os.environ.get("BENCH_LM_EVAL", PEERS / "bin/lm_eval"))
MODEL = "smollm2-135m"
QUESTIONS = int(os.environ.get("BENCH_ITEMS", "300"))
"""A number of one's own makes a quick look, at a third as many problems."""
PROBLEMS = max(1, QUESTIONS // 3)
_TOKENS = 256
"""lm-eval's usual limit of an answer."""
_FILTERS = {"strict-match": "strict", "flexible-extract": "flexible"}


@dataclass(frozen=True)
class Item:
    """What was made of one question."""

    prompt: str
    numbers: tuple[float, ...]
    """The log-likelihoods of the choices."""
    said: str
    values: Mapping[str, float]
    target: str = ""


def measure() -> str:
    """The tables, and each item that differs."""
    weights = settings.load().models / MODEL
    for needed in (SHARED / "mmlu/mmlu_stem_dev.jsonl", SHARED / "gsm8k/test.jsonl", LM_EVAL, weights):
        if not needed.exists():
            return f"Not measured: {needed.name} is not there."
    with _folder() as folder:
        _cut(SHARED / "mmlu/mmlu_stem_dev.jsonl", folder / "mmlu.jsonl", QUESTIONS)
        _cut(SHARED / "gsm8k/test.jsonl", folder / "gsm8k.jsonl", PROBLEMS)
        _cut(SHARED / "gsm8k/train_first200.jsonl", folder / "train.jsonl", 200)
        ours = {task: _ours(folder, task) for task in ("mmlu", "gsm8k")}
        theirs = {task: _theirs(folder, task, weights) for task in ("mmlu", "gsm8k")}
    choices, texts = _choices(theirs["mmlu"], ours["mmlu"]), _texts(theirs["gsm8k"], ours["gsm8k"])
    return f"**{QUESTIONS} questions by likelihood**\n\n{choices}\n\n**{PROBLEMS} problems in words**\n\n{texts}"


@contextmanager
def _folder() -> Iterator[Path]:
    """Where answers are kept: a folder of one's own, or one that goes."""
    kept = os.environ.get("BENCH_KEEP")
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept).resolve()
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _cut(source: Path, copy: Path, lines: int) -> None:
    copy.write_text("".join(source.read_text().splitlines(keepends=True)[:lines]))


def _ours(folder: Path, task: str) -> list[Item]:
    """What `benchbook eval` makes of the questions."""
    exported = folder / f"ours_{task}.jsonl"
    if not exported.exists():
        home = folder / "home"
        home.mkdir(exist_ok=True)
        if not (home / "models").exists():
            (home / "models").symlink_to(settings.load().models)
        config = folder / f"ours_{task}.json"
        config.write_text(json.dumps(_config(folder, task)))
        environment = {**os.environ, "BENCHBOOK_HOME": str(home)}
        command = [sys.executable, "-m", "benchbook"]
        subprocess.run([*command, "eval", str(config)], check=True, env=environment, stdout=sys.stderr)
        said = subprocess.run(
            [*command, "export", f"ours_{task}"], check=True, capture_output=True, text=True, env=environment
        )
        exported.write_text(said.stdout)
    lines = sorted(map(json.loads, exported.read_text().splitlines()), key=lambda line: int(line["sample"]))
    return [_exported(line) for line in lines]


def _config(folder: Path, task: str) -> dict[str, Any]:
    data = {"data": str(folder / f"{task}.jsonl")}
    asked: dict[str, Any] = {
        "mmlu": {"task": {"mmlu": {**data, "slice": "type"}}},
        "gsm8k": {
            "task": {"gsm8k": {**data, "examples": str(folder / "train.jsonl")}},
            "generate": {"max_tokens": _TOKENS},
        },
    }
    return {
        "name": f"ours_{task}",
        "models": [{"model": f"hf/{MODEL}", "prompt_style": "completion"}],
        "tasks": [asked[task]],
        "run": {"concurrency": 16, "cache": False},
    }


def _exported(line: Mapping[str, Any]) -> Item:
    scores = {score["name"]: score for score in line["scores"]}
    numbers = scores["acc"]["trace"]["weights"] if "acc" in scores else ()
    values = {name: score["value"] for name, score in scores.items()}
    return Item(line["prompt"], tuple(numbers), line["reply"], values)


def _theirs(folder: Path, task: str, weights: Path) -> list[Item]:
    """What lm-eval makes of them."""
    out = folder / f"lm_eval_{task}"
    if not list(out.rglob("samples_*.jsonl")):
        (folder / "tasks").mkdir(exist_ok=True)
        (folder / "tasks" / f"{task}.yaml").write_text(json.dumps(_task(folder, task)))
        [gguf] = weights.glob("*.gguf")
        model = f"pretrained={weights},gguf_file={gguf.name},dtype=float32"
        command = [
            *(str(LM_EVAL), "run", "--model", "hf", "--model_args", model, "--device", "cpu", "--batch_size", "16"),
            *("--tasks", f"{task}_beside", "--include_path", str(folder / "tasks")),
            *("--log_samples", "--output_path", str(out)),
        ]
        environment = {**os.environ, "HF_HOME": str(folder / "hf"), "HF_HUB_OFFLINE": "1"}
        subprocess.run(command, check=True, env=environment, stdout=sys.stderr)
    [file] = out.rglob("samples_*.jsonl")
    return _logged([json.loads(line) for line in file.read_text().splitlines()])


def _task(folder: Path, task: str) -> dict[str, Any]:
    """lm-eval's own task, on local files."""
    where = "import lm_eval.tasks as tasks; print(tasks.__path__[0])"
    python = LM_EVAL.with_name("python")
    tasks = subprocess.run([python, "-c", where], check=True, capture_output=True, text=True).stdout.strip()
    files = {"test": str(folder / f"{task}.jsonl"), "train": str(folder / "train.jsonl")}
    local = {"task": f"{task}_beside", "dataset_path": "json", "dataset_name": None}
    if task == "gsm8k":
        first = {"fewshot_config": {"sampler": "first_n"}, "tag": []}
        return {"include": f"{tasks}/gsm8k/gsm8k.yaml", **local, "dataset_kwargs": {"data_files": files}, **first}
    return {
        "include": f"{tasks}/mmlu/default/_default_template_yaml",
        **local,
        "dataset_kwargs": {"data_files": {"test": files["test"]}},
        "fewshot_split": "test",
        "num_fewshot": 0,
        # Each of its files of a subject says so.
        "description": "The following are multiple choice questions (with answers) about "
        "{{type.replace('_', ' ')}}.\n\n",
    }


def _logged(lines: Sequence[Mapping[str, Any]]) -> list[Item]:
    found: dict[int, Item] = {}
    for line in sorted(lines, key=lambda line: int(line["doc_id"])):
        prompt = line["arguments"]["gen_args_0"]["arg_0"]
        if "acc" in line:
            numbers = tuple(float(logprob) for [[logprob, _]] in line["resps"])
            found[line["doc_id"]] = Item(prompt, numbers, "", {"acc": line["acc"]})
            continue
        before = found.get(line["doc_id"])
        values = {**(before.values if before else {}), _FILTERS[line["filter"]]: line["exact_match"]}
        found[line["doc_id"]] = Item(prompt, (), line["resps"][0][0], values, line["target"])
    return list(found.values())


def _choices(theirs: Sequence[Item], ours: Sequence[Item]) -> str:
    pairs = list(zip(theirs, ours, strict=True))
    apart = [abs(one - other) for their, our in pairs for one, other in zip(their.numbers, our.numbers, strict=True)]
    rows = [
        ["prompts that are the same", _share(their.prompt == our.prompt for their, our in pairs)],
        ["choices that are the same", _share(_chosen(their) == _chosen(our) for their, our in pairs)],
        ["verdicts that are the same", _share(their.values["acc"] == our.values["acc"] for their, our in pairs)],
        ["`acc` of lm-eval and ours", f"{_mean(theirs, 'acc'):.4f}, {_mean(ours, 'acc'):.4f}"],
        ["log-likelihoods apart, mean and most", f"{sum(apart) / len(apart):.1g}, {max(apart):.1g}"],
    ]
    return table(["", ""], rows)


def _texts(theirs: Sequence[Item], ours: Sequence[Item]) -> str:
    pairs = list(zip(theirs, ours, strict=True))
    rescored = [_scored(their) for their in theirs]
    rows = [
        ["prompts that are the same", _share(their.prompt == our.prompt for their, our in pairs)],
        ["answers that are the same, to the letter", _share(their.said == our.said for their, our in pairs)],
    ]
    for name in ("strict", "flexible"):
        same = _share(their.values[name] == our.values[name] for their, our in pairs)
        again = _share(their.values[name] == again[name] for their, again in zip(theirs, rescored, strict=True))
        rows += [
            [f"`{name}` of lm-eval and ours", f"{_mean(theirs, name):.2f}, {_mean(ours, name):.2f}"],
            [f"`{name}`: verdicts that are the same", same],
            [f"`{name}`: verdicts on lm-eval's answers that are the same", again],
        ]
    differing = [
        f"Problem {at}: lm-eval's goes on with {rest!r} where ours differs first."
        for at, (their, our) in enumerate(pairs, 1)
        if (rest := _parting(their.said, our.said))
    ]
    return "\n\n".join([table(["", ""], rows), *differing])


def _parting(said: str, other: str) -> str:
    """What comes first in a text where another goes on otherwise."""
    at = next((at for at, (one, two) in enumerate(zip(said, other, strict=False)) if one != two), len(other))
    return said[at : at + 30]


def _scored(item: Item) -> Mapping[str, float]:
    """What our scorer says of lm-eval's answer."""
    spec = build("task", Use(name="gsm8k", args={"data": "-"}))
    [use] = [use for use in spec.scorers if use.name == "pattern-match"]
    now = datetime.now(UTC)
    row = Row(key="1", input=item.prompt, target=item.target.rpartition("#### ")[2].replace(",", ""))
    sample = Sample(id="s", created_at=now, dataset_id="d", position=0, row=row)
    output = Output(text=item.said)
    said = Generation(id="g", created_at=now, run_id="r", sample_id="s", epoch=1, prompt=item.prompt, output=output)
    return {verdict.name: verdict.value for verdict in build("scorer", use)(sample, said)}


def _chosen(item: Item) -> int:
    return max(range(len(item.numbers)), key=item.numbers.__getitem__)


def _share(same: Iterator[bool]) -> str:
    found = list(same)
    return f"{sum(found)} of {len(found)}"


def _mean(items: Sequence[Item], name: str) -> float:
    return sum(item.values[name] for item in items) / len(items)
