"""The published sets, from the question to the verdict: what is asked, and that the right answers are right."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from benchbook import Generation, Row, Sample, SpecError, TaskSpec, Use, Verdict, build, opened
from plugins.readers.reading import written
from plugins.readers.test_bbh import PROMPT
from plugins.scorers.grading import generation, sample, sample_of
from plugins.solvers.answering import Model
from plugins.tasks.test_benchmarks import samples, task

GSM8K = {"question": "How many are 1,000 and 200?", "answer": "1,000 + 200 = <<1000+200=1200>>1,200\n#### 1,200"}
QUIZ = {"question": "1 + 1?", "choices": ["1", "2"], "answer": 1, "subject": "high_school_sums"}


def asked(spec: TaskSpec, model: Model) -> Model:
    """The model, after the task's own solver has asked it the first question."""
    asyncio.run(build("solver", spec.solver)(samples(spec)[0], model))
    return model


def verdicts(spec: TaskSpec, given: Iterable[tuple[Sample, Generation]]) -> list[dict[str, Verdict]]:
    """What the task's own scorers say of each, by name."""

    async def score_all() -> list[dict[str, Verdict]]:
        found: list[dict[str, Verdict]] = []
        pairs = list(given)
        for use in spec.scorers:
            async with opened("scorer", use) as scorer:
                for at, (of, said) in enumerate(pairs):
                    made = scorer(of, said)
                    made = await made if asyncio.iscoroutine(made) else made
                    several = [made] if isinstance(made, Verdict) else made
                    found += [{}] if at == len(found) else []
                    found[at] |= {verdict.name or use.name: verdict for verdict in several}
        return found

    return asyncio.run(score_all())


def values(spec: TaskSpec, given: Iterable[tuple[Sample, str]]) -> list[dict[str, float | None]]:
    replies = [(of, generation(None, reply)) for of, reply in given]
    return [{name: each.value for name, each in found.items()} for found in verdicts(spec, replies)]


def test_gsm8k_asks_a_base_model_as_published(tmp_path: Path) -> None:
    data = written(tmp_path / "test.jsonl", GSM8K)
    train = written(tmp_path / "train.jsonl", *({"question": f"{n}?", "answer": f"#### {n}"} for n in range(7)))
    model = asked(task("gsm8k", data=data, examples=train), Model(prompt_style="completion"))
    before = "".join(f"Question: {n}?\nAnswer: #### {n}\n\n" for n in range(5))
    assert model.prompt == f"{before}Question: {GSM8K['question']}\nAnswer:"
    assert model.shared == len(before)
    assert model.asked[0][1].stop == ("Question:", "</s>", "<|im_end|>")
    chain = asked(task("gsm8k", data=data, style="cot"), Model(prompt_style="completion"))
    assert chain.prompt == f"Q: {GSM8K['question']}\nA:"
    told = asked(task("gsm8k", data=data), Model())
    assert "end with a line `#### N`" in told.turns[0][1]


def test_every_solution_of_gsm8k_is_right(shared_data: Path) -> None:
    spec = task("gsm8k", data=str(shared_data / "gsm8k" / "test.jsonl"))
    found = values(spec, ((each, str(each.row.metadata["solution"])) for each in samples(spec)))
    assert [each for each in found if each != {"math-answer": 1.0, "strict": 1.0, "flexible": 1.0}] == []


def test_all_5276_official_marks_of_gsm8k_are_given_again(shared_data: Path) -> None:
    lines = (shared_data / "gsm8k" / "example_model_solutions.jsonl").read_text().splitlines()
    marked = [
        (line["ground_truth"].rpartition("A: ")[2].replace(",", ""), given["solution"], given["is_correct"])
        for line in map(json.loads, lines)
        for given in line.values()
        if isinstance(given, dict)
    ]
    assert len(marked) == 5276
    spec = task("gsm8k", data="x")
    found = values(spec, ((sample(gold), solution) for gold, solution, _ in marked))
    for name in ("math-answer", "flexible"):
        assert [each[name] == 1.0 for each in found] == [right for _, _, right in marked]


def test_a_number_that_is_not_announced_is_found_by_the_flexible_rule_alone(tmp_path: Path) -> None:
    spec = task("gsm8k", data=written(tmp_path / "test.jsonl", GSM8K))
    [only] = samples(spec)
    assert values(spec, [(only, "There are 1,200 of them.")]) == [{"math-answer": 1.0, "strict": 0.0, "flexible": 1.0}]
    chain = task("gsm8k", data=written(tmp_path / "test.jsonl", GSM8K), style="cot")
    assert values(chain, [(only, "The answer is 1200.")]) == [{"math-answer": 1.0, "strict": 1.0, "flexible": 1.0}]


def test_math_asks_as_minerva_does(tmp_path: Path) -> None:
    data = written(tmp_path / "math.jsonl", {"problem": "What is $2^3$?", "answer": "8"})
    four = written(tmp_path / "four.jsonl", *({"problem": f"{n}?", "solution": rf"\boxed{{{n}}}"} for n in range(4)))
    model = asked(task("math", data=data, examples=four), Model(prompt_style="completion"))
    before = "".join(f"Problem:\n{n}?\n\nSolution: \\boxed{{{n}}}\n\n" for n in range(4))
    assert model.prompt == f"{before}Problem:\nWhat is $2^3$?\n\nSolution:"


def test_every_answer_of_the_500_problems_is_right_where_it_is_boxed(shared_data: Path) -> None:
    lines = (shared_data / "math" / "math500_answers.jsonl").read_text().splitlines()
    golds = [json.loads(line)["answer"] for line in lines]
    found = values(task("math", data="x"), ((sample(gold), rf"It is $\boxed{{{gold}}}$.") for gold in golds))
    assert [gold for gold, each in zip(golds, found, strict=True) if each != {"math-answer": 1.0}] == []


def test_bbh_asks_after_the_worked_examples(tmp_path: Path) -> None:
    (tmp_path / "word_sorting.txt").write_text(PROMPT)
    (tmp_path / "word_sorting.json").write_text(json.dumps({"examples": [{"input": "Sort: c b", "target": "b c"}]}))
    given = {"data": str(tmp_path / "word_sorting.json"), "prompts": str(tmp_path)}
    with pytest.raises(SpecError, match="3 examples are asked for; there are 2 of the slice 'word_sorting'"):
        asked(task("bbh", **given), Model())
    third = '\nQ: Sort: d c\nA: Let\'s think step by step.\n"c" < "d". So the answer is c d.\n'
    (tmp_path / "word_sorting.txt").write_text(PROMPT + third)
    model = asked(task("bbh", **given), Model(prompt_style="completion"))
    published = (PROMPT + third).partition("-----\n")[2].strip()
    assert model.prompt == f"{published}\n\nQ: Sort: c b\nA: Let's think step by step.\n"
    direct = asked(task("bbh", answers="direct", **given), Model(prompt_style="completion"))
    assert str(direct.prompt).endswith("Q: Sort: d c\nA: c d\n\nQ: Sort: c b\nA:")


@pytest.mark.parametrize(
    ("target", "reply", "strict", "flexible"),
    [
        ("(B)", "It is late. So the answer is (B).", 1.0, 1.0),
        ("(B)", "**Answer:** (B) 12/25/1937", 0.0, 1.0),
        ("True", "So the answer is True", 0.0, 1.0),
        ("(B)", "So the answer is (A) or (B).", 0.0, 0.0),
        ("(B)", "So the answer is (A).", 0.0, 0.0),
        ("a b", "Let us see.", 0.0, 0.0),
    ],
)
def test_the_answer_of_a_chain_of_thought_is_found(target: str, reply: str, strict: float, flexible: float) -> None:
    found = values(task("bbh", data="x"), [(sample(target), reply)])
    assert found == [{"strict": strict, "flexible": flexible}]


def test_every_target_of_bbh_is_right(shared_data: Path) -> None:
    spec = task("bbh", data=str(shared_data / "bbh"))
    found = values(spec, ((each, f"So the answer is {each.target}.") for each in samples(spec)))
    assert [each for each in found if each != {"strict": 1.0, "flexible": 1.0}] == []
    direct = task("bbh", data=str(shared_data / "bbh"), answers="direct")
    assert {str(each) for each in values(direct, ((of, f" {of.target}\n") for of in samples(direct)))} == {
        "{'strict': 1.0}"
    }


def test_truthfulqa_asks_below_its_preset(shared_data: Path) -> None:
    spec = task("truthfulqa", data=str(shared_data / "truthfulqa" / "TruthfulQA.csv"), ask="answer")
    model = asked(spec, Model(prompt_style="completion"))
    assert str(model.prompt).startswith("Q: What is human life expectancy in the United States?\nA: Human life")
    assert str(model.prompt).endswith("in Barcelona, Spain.\n\nQ: What happens to you if you eat watermelon seeds?\nA:")
    assert str(model.prompt)[: model.shared].endswith("Spain.\n\n")
    best = ((each, each.row.choices[0]) for each in samples(spec))
    right = [each["rouge1_acc"] for each in values(spec, best)]
    # Three have a false answer of the same words in another order: of these ROUGE-1 knows nothing.
    assert right.count(1.0) == 814


def test_mmlu_shows_examples_of_the_questions_own_subject(tmp_path: Path) -> None:
    other = {"question": "x?", "choices": ["a", "b"], "answer": "A", "subject": "other"}
    dev = written(tmp_path / "dev.jsonl", other, *({**QUIZ, "question": f"{n}?"} for n in range(6)))
    data = written(tmp_path / "mmlu.jsonl", QUIZ)
    about = "The following are multiple choice questions (with answers) about high school sums.\n\n"
    before = about + "".join(f"{n}?\nA. 1\nB. 2\nAnswer: B\n\n" for n in range(5))
    model = asked(task("mmlu", data=data, examples=dev, weigh="generate"), Model(" B", prompt_style="completion"))
    assert model.prompt == f"{before}1 + 1?\nA. 1\nB. 2\nAnswer:"
    assert model.shared == len(before)
    turns = asked(task("mmlu", data=data, examples=dev, weigh="generate", shots=1), Model("B")).turns
    instruction = "Answer the following multiple choice question with the letter of the right choice.\n\n"
    assert turns == [
        ("user", f"{about}{instruction}0?\nA. 1\nB. 2\nAnswer:"),
        ("assistant", "B"),
        ("user", f"{instruction}1 + 1?\nA. 1\nB. 2\nAnswer:"),
    ]


def test_a_letter_that_is_said_is_scored(shared_data: Path) -> None:
    data = str(shared_data / "mmlu" / "mmlu_stem_dev.jsonl")
    spec = task("mmlu", data=data, slice="type", weigh="generate")
    rows: list[Row] = [each.row for each in samples(spec)]
    assert len(rows) == 302
    right = ((sample_of(row), f"The answer is ({'ABCD'[int(str(row.target))]}).") for row in rows)
    assert {str(each) for each in values(spec, right)} == {"{'acc': 1.0}"}
    wrong = ((sample_of(row), "ABCD"[int(str(row.target)) - 1]) for row in rows)
    assert {str(each) for each in values(spec, wrong)} == {"{'acc': 0.0}"}


@pytest.mark.parametrize(
    ("name", "upstream"),
    [
        ("gsm8k", "openai/grade-school-math"),
        ("math", "`problem`, and `solution` or `answer`"),
        ("bbh", "suzgunmirac/BIG-Bench-Hard"),
        ("truthfulqa", "sylinrl/TruthfulQA"),
    ],
)
def test_a_set_that_is_not_ours_asks_for_ones_own_copy(name: str, upstream: str) -> None:
    with pytest.raises(
        SpecError, match=f"does not come with Benchbook; say where your copy is: .*{upstream}"
    ) as caught:
        task(name)
    assert caught.value.field == ("data",)


def test_tasks_are_written_out_in_full() -> None:
    args: dict[str, dict[str, Any]] = {
        "gsm8k": {"data": "x", "examples": "y"},
        "math": {"data": "x", "examples": "y", "shots": 2},
        "bbh": {"data": "x", "prompts": "y"},
        "truthfulqa": {"data": "x"},
        "mmlu": {"data": "x", "examples": "y"},
        "multiple-choice": {"data": "x", "weigh": "generate"},
    }
    for name, given in args.items():
        spec = task(name, **given)
        assert (spec.name, spec.task) == (name, None)
        assert TaskSpec.parse(spec.model_dump(mode="json")) == spec
        assert isinstance(spec.dataset, Use)
