"""Recorded answers come back as they were recorded, or it is said which line is wrong."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from benchbook import Output, SpecError, Usage
from plugins.runtimes.asking import answer, answers, facts, failure, preflight, request


def recorded(folder: Path, *lines: object, name: str = "answers.jsonl") -> str:
    path = folder / name
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return str(path)


def test_an_answer_is_found_by_the_key_of_its_sample(tmp_path: Path) -> None:
    file = recorded(
        tmp_path, {"task_id": "HumanEval/0", "completion": "    return 1\n"}, {"key": 7, "output": "ä\u0000"}
    )
    assert answer("replay/any", request(sample="HumanEval/0"), file=file).text == "    return 1\n"
    assert answer("replay/any", request(sample="7"), file=file).text == "ä\u0000"


def test_the_nth_line_of_a_sample_answers_epoch_n(tmp_path: Path) -> None:
    lines = [{"id": key, "response": f"{key}{number}"} for number in (1, 2) for key in "ab"]
    said = answers(
        "replay/any",
        [request(sample=key, epoch=epoch) for key in "ab" for epoch in (1, 2)],
        file=recorded(tmp_path, *lines),
    )
    assert [each.text for each in said if isinstance(each, Output)] == ["a1", "a2", "b1", "b2"]


def test_what_was_not_recorded_fails_for_good(tmp_path: Path) -> None:
    file = recorded(tmp_path, {"key": "a", "text": "x"})
    for asked, hint in ((request(sample="b"), "; its ids are such as a"), (request(sample="a", epoch=2), "")):
        err = failure("replay/any", asked, file=file)
        assert not err.transient
        assert str(err) == f"no recorded answer for sample {asked.sample}, epoch {asked.epoch}, in {file}{hint}"


def test_a_line_that_was_added_since_is_found_when_it_is_asked_for_again(tmp_path: Path) -> None:
    file = recorded(tmp_path, {"key": "a", "text": "x"})
    assert not failure("replay/any", request(sample="b"), file=file).transient
    recorded(tmp_path, {"key": "a", "text": "x"}, {"key": "b", "text": "y"})
    assert answer("replay/any", request(sample="b"), file=file).text == "y"


def test_tokens_latency_and_stop_reason_are_kept_where_they_were_recorded(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 11, "output_tokens": 3, "latency": 0.25, "finish_reason": "length"}
    file = recorded(tmp_path, {"key": "a", "text": "x", **usage}, {"key": "b", "text": "y"})
    full = answer("replay/any", request(sample="a"), file=file)
    bare = answer("replay/any", request(sample="b"), file=file)
    assert (full.usage, full.latency, full.stop_reason) == (Usage(input_tokens=11, output_tokens=3), 0.25, "length")
    assert (bare.usage, bare.latency, bare.stop_reason) == (Usage(), None, "unknown")


def test_fields_can_be_called_anything(tmp_path: Path) -> None:
    file = recorded(tmp_path, {"question": "q1", "id": "not this", "reply": "yes", "text": "nor this", "secs": 2})
    fields = {"key": "question", "completion": "reply", "latency": "secs"}
    said = answer("replay/any", request(sample="q1"), file=file, fields=fields)
    assert (said.text, said.latency) == ("yes", 2.0)


def test_of_a_file_with_several_models_only_the_one_asked_for_answers(tmp_path: Path) -> None:
    file = recorded(tmp_path, *({"key": "a", "text": f"by {name}", "who": name} for name in ("small", "large")))
    assert answer("replay/large", request(sample="a"), file=file, fields={"model": "who"}).text == "by large"
    with pytest.raises(SpecError, match="no answers of the model 'huge'; it has large, small"):
        preflight("replay/huge", file=file, fields={"model": "who"})


def test_a_compressed_file_is_read_as_well(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"key": "a", "text": "x"}\n\n{"key": "a", "text": "y"}'))
    assert answer("replay/any", request(sample="a", epoch=2), file=str(path)).text == "y"


def test_a_hundred_thousand_lines_are_no_trouble(tmp_path: Path) -> None:
    file = recorded(tmp_path, *(f'{{"key": "{number}", "text": "answer {number}"}}' for number in range(100_000)))
    preflight("replay/any", file=file)
    assert answer("replay/any", request(sample="99999"), file=file).text == "answer 99999"


def test_the_facts_tell_which_file_it_was(tmp_path: Path) -> None:
    file = recorded(tmp_path, *({"key": key, "text": "x"} for key in "aab"))
    runtime = facts("replay/any", file=file)
    assert runtime.prompt_style == "completion"
    assert (runtime.facts["file"], runtime.facts["recorded_samples"], runtime.facts["recorded_answers"]) == (
        "answers.jsonl",
        "2",
        "3",
    )
    assert len(runtime.facts["sha256"]) == 64


GOOD = {"key": "a", "text": "x"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"key": "a", "text": ', "2: not a line of JSON"),
        ('{"key": "\\ud8', "2: not a line of JSON"),
        ("[" * 100_000, "2: not a line of JSON"),
        ("[]", "2: expected an object, got list"),
        ({"text": "x"}, "2: no key: the line has no `key` or `id` or `task_id` or `sample`"),
        ({"key": "a"}, "2: no completion: the line has no `completion` or `response` or `output` or `text`"),
        ({"key": True, "text": "x"}, "2: the key is True, not a text or a number"),
        ({"key": "a", "text": ["x"]}, r"2: the completion is \['x'\], not a text"),
        ({**GOOD, "latency": "1 s"}, "2: the latency is '1 s', not a number from 0"),
        ({**GOOD, "latency": -1}, "2: the latency is -1, not a number from 0"),
        ('{"key": "a", "text": "x", "latency": NaN}', "2: the latency is nan"),
        ({**GOOD, "input_tokens": True}, "2: the input_tokens is True"),
    ],
)
def test_a_line_that_makes_no_sense_is_named_before_anything_is_asked(tmp_path: Path, line: Any, message: str) -> None:
    file = recorded(tmp_path, GOOD, line)
    with pytest.raises(SpecError, match=f"answers.jsonl:{message}"):
        preflight("replay/any", file=file)


def test_text_that_is_not_unicode_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_bytes(b'{"key": "a", "text": "x"}\n{"key": "b", "text": "\xff"}\n')
    with pytest.raises(SpecError, match=r"answers\.jsonl:2: not a line of JSON"):
        preflight("replay/any", file=str(path))


def test_a_missing_an_empty_and_a_cut_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no file"):
        preflight("replay/any", file=str(tmp_path / "nowhere.jsonl"))
    with pytest.raises(SpecError, match="holds no answers"):
        preflight("replay/any", file=recorded(tmp_path, ""))
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(json.dumps(GOOD).encode() * 100)[:-10])
    with pytest.raises(SpecError, match=r"cut\.jsonl\.gz: .*cannot be read on"):
        preflight("replay/any", file=str(cut))


def test_a_relative_file_that_is_missing_is_told_with_the_folder_it_was_looked_for_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(tmp_path, GOOD)
    monkeypatch.chdir(tmp_path)
    preflight("replay/any", file="answers.jsonl")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(
        SpecError, match=rf"^args\.file: there is no file answers\.jsonl; .* from {tmp_path}/elsewhere$"
    ):
        preflight("replay/any", file="answers.jsonl")


def test_names_of_other_models_are_quoted_as_they_are_not_obeyed(tmp_path: Path) -> None:
    file = recorded(tmp_path, {**GOOD, "who": "\x1b]0;pwned\x07"}, {**GOOD, "who": "z" * 5000})
    with pytest.raises(SpecError, match=r"it has \\x1b\]0;pwned\\x07, zzz") as told:
        preflight("replay/any", file=file, fields={"model": "who"})
    assert len(str(told.value)) < 1000


def test_a_misspelt_field_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="fields"):
        preflight("replay/any", file=recorded(tmp_path, GOOD), fields={"compeltion": "text"})
