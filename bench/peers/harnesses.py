"""Ours, the floor and the peers, each as a command that evaluates a file of samples against a server.

The peers live in environments of their own: Inspect AI and lm-eval in `.venv-peers-engine`, promptfoo in
`.venv-peers-engine/node` (`make bench` sets them up). One that is not there is left out, and the table says so."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".venv-peers-engine"


@dataclass(frozen=True)
class Work:
    """What is to be done: the samples of `data`, asked of the server at `url`, everything written into `folder`."""

    url: str
    data: Path
    folder: Path
    concurrency: int
    samples: int


@dataclass(frozen=True)
class Command:
    """How a harness is started."""

    args: list[str]
    env: dict[str, str] = field(default_factory=dict)


class Unavailable(Exception):
    """A peer that is not installed."""


Harness = Callable[[Work], Command]


def floor(work: Work) -> Command:
    script = Path(__file__).with_name("loop.py")
    out = work.folder / "out.jsonl"
    return Command([sys.executable, str(script), work.url, str(work.data), str(out), str(work.concurrency)])


def ours(work: Work) -> Command:
    model: dict[str, object] = {"model": "openai-compatible/mock", "args": {"base_url": f"{work.url}/v1"}}
    return eval_command(work, model, {"concurrency": work.concurrency, "attempts": 20})


def eval_command(work: Work, model: dict[str, object], settings: dict[str, object]) -> Command:
    """`benchbook eval` with a config, and a data folder of its own."""
    config = work.folder / "config.yaml"
    task = {"name": "t", "dataset": {"jsonl": {"file": str(work.data)}}, "scorers": ["exact-match"]}
    config.write_text(json.dumps({"name": "bench", "models": [model], "tasks": [task], "run": settings}))
    return Command(
        [sys.executable, "-m", "benchbook", "eval", str(config)], {"BENCHBOOK_HOME": str(work.folder / "home")}
    )


def inspect(work: Work) -> Command:
    # It takes paths below the working folder only.
    task = os.path.relpath(Path(__file__).with_name("inspect_task.py"))
    args = ["eval", task, "--model", "openai-api/mock/mock", "-T", f"file={work.data}", "--display", "plain"]
    more = ["--max-connections", str(work.concurrency), "--log-dir", str(work.folder / "logs")]
    return Command(
        [_installed("bin/inspect"), *args, *more], {"MOCK_BASE_URL": f"{work.url}/v1", "MOCK_API_KEY": "none"}
    )


def lm_eval(work: Work) -> Command:
    task = {
        "task": "mock",
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(work.data)}},
        "test_split": "test",
        "output_type": "generate_until",
        "doc_to_text": "{{input}}",
        "doc_to_target": "{{target}}",
        "generation_kwargs": {"until": [], "max_gen_toks": 512},
        "metric_list": [{"metric": "exact_match"}],
    }
    (work.folder / "tasks").mkdir(exist_ok=True)
    (work.folder / "tasks" / "mock.yaml").write_text(json.dumps(task))
    model = f"model=mock,base_url={work.url}/v1/chat/completions,num_concurrent={work.concurrency},max_retries=10"
    return Command(
        [
            *(_installed("bin/lm_eval"), "--model", "local-chat-completions", "--model_args", model),
            *("--tasks", "mock", "--include_path", str(work.folder / "tasks"), "--apply_chat_template"),
            *("--log_samples", "--output_path", str(work.folder / "out")),
        ],
        {"OPENAI_API_KEY": "none", "HF_HOME": str(work.folder / "hf"), "HF_HUB_OFFLINE": "1"},
    )


def promptfoo(work: Work) -> Command:
    rows = [json.loads(line) for line in work.data.read_text().splitlines()]
    tests = [{"vars": {"input": row["input"]}, "assert": [{"type": "equals", "value": row["target"]}]} for row in rows]
    (work.folder / "tests.json").write_text(json.dumps(tests))
    provider = {"id": "openai:chat:mock", "config": {"apiBaseUrl": f"{work.url}/v1", "apiKey": "none"}}
    config = work.folder / "promptfoo.json"
    config.write_text(
        json.dumps({"prompts": ["{{input}}"], "providers": [provider], "tests": f"file://{work.folder / 'tests.json'}"})
    )
    quiet = ("TELEMETRY", "UPDATE", "REMOTE_GENERATION", "SHARING", "DEBUG_LOG", "ERROR_LOG")
    return Command(
        [
            *(_installed("node/node_modules/.bin/promptfoo"), "eval", "-c", str(config), "-j", str(work.concurrency)),
            *("--no-cache", "--no-table", "--no-progress-bar"),
        ],
        {
            **{f"PROMPTFOO_DISABLE_{name}": "1" for name in quiet},
            "PROMPTFOO_FAILED_TEST_EXIT_CODE": "0",
            "PROMPTFOO_CONFIG_DIR": str(work.folder / "home"),
            "PATH": f"{PEERS / 'node/node_modules/.bin'}:{os.environ['PATH']}",
        },
    )


def _installed(name: str) -> str:
    path = PEERS / name
    if not path.exists():
        raise Unavailable(f"{path.relative_to(ROOT)} is not there; `make bench` installs it")
    return str(path)
