"""The published sets with an embedded model, from the config to the figures."""

import json
from pathlib import Path

import pytest

from benchbook import evaluate
from benchbook.settings import Settings
from plugins.readers.reading import written
from plugins.readers.test_bbh import PROMPT

PAIR = {"question": "How many are 1 and 1?", "answer": "1 + 1 = <<1+1=2>>2\n#### 2"}
QUIZ = {"question": "1 + 1?", "choices": ["1", "2"], "answer": 1, "subject": "sums"}
TABLE = "Question,Best Answer,Correct Answers,Incorrect Answers\nIs it so?,No,No; Never,Yes\n"


def test_an_embedded_model_answers_all_of_them(
    tmp_path: Path, embedded_model_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(embedded_model_home.models)
    monkeypatch.setenv("BENCHBOOK_HOME", str(home))
    (tmp_path / "tqa.csv").write_text(TABLE)
    (tmp_path / "word_sorting.txt").write_text(PROMPT + PROMPT.partition("words.\n")[2])
    (tmp_path / "word_sorting.json").write_text(json.dumps({"examples": [{"input": "Sort: c b", "target": "b c"}]}))
    gsm8k = written(tmp_path / "gsm8k.jsonl", PAIR, {**PAIR, "question": "And 2 and 0?"})
    quiz = written(tmp_path / "quiz.jsonl", QUIZ)
    dev = written(tmp_path / "dev.jsonl", {**QUIZ, "question": "0 + 1?", "answer": 0})
    math = written(tmp_path / "math.jsonl", {"problem": "What is $2^3$?", "answer": "8"})
    tables = str(tmp_path / "tqa.csv")
    tasks: dict[str, dict[str, object]] = {
        "gsm8k": {"gsm8k": {"data": gsm8k, "examples": gsm8k, "shots": 1}},
        "math": {"math": math},
        "mmlu": {"mmlu": {"data": quiz, "examples": dev}},
        "mmlu-said": {"mmlu": {"data": quiz, "weigh": "generate"}},
        "bbh": {"bbh": {"data": str(tmp_path / "word_sorting.json"), "prompts": str(tmp_path), "answers": "direct"}},
        "truthfulqa": {"truthfulqa": tables},
        "truthfulqa-said": {"truthfulqa": {"data": tables, "ask": "answer"}},
    }
    config = tmp_path / "config.yaml"
    config.write_text(
        json.dumps(
            {
                "name": "published",
                "models": ["llamacpp/smollm2-135m"],
                "tasks": [{"name": name, "task": task, "generate": {"max_tokens": 8}} for name, task in tasks.items()],
            }
        )
    )
    done = evaluate(config)
    figures = {
        run.spec.task.name: {each.score: each.n for each in done.metrics[run.id] if each.score and not each.slice}
        for run in done.runs
    }
    assert figures == {
        "gsm8k": {"math-answer": 2, "strict": 2, "flexible": 2},
        "math": {"math-answer": 1},
        "mmlu": {"acc": 1},
        "mmlu-said": {"acc": 1},
        "bbh": {"strict": 1},
        "truthfulqa": {"mc1": 1, "mc2": 1},
        "truthfulqa-said": {"rouge1_acc": 1},
    }
