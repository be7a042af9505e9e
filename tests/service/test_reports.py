"""Reports say what the records say, and let no text of a model do anything."""

import base64
import hashlib
import json
import random
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pydantic import JsonValue

from benchbook.engine.metrics import fold
from benchbook.errors import SpecError
from benchbook.records.datasets import Sample
from benchbook.records.events import RunEvent
from benchbook.records.runs import Run
from benchbook.service.report_facts import facts
from benchbook.service.report_figures import Report, RunReport, by_task
from benchbook.service.report_prompts import beginning
from benchbook.service.report_text import excerpt, one_line, visible
from benchbook.service.reports import gather, html, markdown, write, write_file
from benchbook.specs.datasets import Row
from benchbook.specs.experiments import ExperimentSpec
from benchbook.specs.models import Message
from benchbook.specs.verdicts import Verdict
from benchbook.store import views
from benchbook.store.store import Store
from service.browser import dom_of
from service.invented import EXAMPLES, HOSTILE, NOW, by_chance, coding_samples, report, samples_of


class Page(HTMLParser):
    """What a browser would find in a page: its elements, their attributes, and their texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, str]] = []
        self.texts: dict[str, list[str]] = {}
        self._data: list[str] = []
        self._open: list[str] = [""]
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in ("meta", "link", "input"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.texts.setdefault(self._open[-1], []).append(data)
        self._data.append(data)

    @property
    def seen(self) -> str:
        """All texts, one after the other."""
        return "".join(self._data)

    def values(self, attribute: str) -> list[str]:
        return [value for name, value in self.attributes if name == attribute]


def evil(run: Run, sample: Sample, epoch: int) -> tuple[str, str]:
    labels = ("passed", "failed", "no answer", "unscored")
    return HOSTILE[sample.position % len(HOSTILE)], labels[(sample.position + run.position) % 4]


def evil_report() -> Report:
    """Hostile replies, prompts, keys, tags, slices and model names."""
    named = [re.sub("[\ud800-\udfff]", "?", text) for text in HOSTILE]  # keys are checked to be whole characters
    rows = [
        Row(key=f"{at} {name}", input=text, slices=(name,), tags=(text,))
        for at, (text, name) in enumerate(zip(HOSTILE, named, strict=True))
    ]
    return report(models=(HOSTILE[0], HOSTILE[7]), samples=samples_of(rows), answering=evil)


def test_a_character_that_hides_or_reorders_is_spelt_out() -> None:
    assert visible("a\u202eb\x00c\x1b[0m\ud800\u200b\x85\r\n") == (
        "a⟦U+202E⟧b⟦U+0000⟧c⟦U+001B⟧[0m⟦U+D800⟧⟦U+200B⟧⟦U+0085⟧\n"
    )
    assert visible("\x00" * 4000) == "⟦U+0000 × 4,000⟧"
    assert visible("naïve 日本語 👩‍💻 \t\n") == "naïve 日本語 👩‍💻 \t\n"
    assert one_line(" a\r\n\tb\rc ") == "a b c"


def test_a_long_text_loses_its_middle_and_says_how_much() -> None:
    cut = excerpt("a" * 900 + "b" * 300, 400)
    assert (cut.head, cut.left_out, cut.tail) == ("a" * 300, 800, "b" * 100)
    assert excerpt("short", 400).left_out == 0
    assert one_line("n" * 5_000_000) == "n" * 1000 + "…"


def test_both_forms_give_every_rate_with_its_interval_and_its_samples() -> None:
    made = report()
    rates = [metric for run in made.runs for metric in run.metrics if metric.name == "pass_rate"]
    assert len(rates) == 2 * 4
    seen, text = Page(html(made)).seen, markdown(made)
    for rate in rates:
        assert rate.value is not None
        assert rate.low is not None
        assert rate.high is not None
        passed = round(rate.value * rate.n)
        span = f"{100 * rate.low:.1f}–{100 * rate.high:.1f}"
        assert re.search(rf"{100 * rate.value:.1f} %\s*{span}\s*{passed}/{rate.n}", seen)
        assert f"| {100 * rate.value:.1f} % | {span} | {passed} / {rate.n} | 0 |" in text


def test_what_the_requests_went_through_is_told_of_all_attempts_together() -> None:
    told: dict[str, JsonValue] = {"ceiling": 8, "peak_concurrency": 8, "lowest_limit": 8, "answers": 1200}
    worse = told | {"lowest_limit": 3, "refusals": 40, "failures": 2, "retries": 41, "paused_seconds": 61.5}
    [run] = report(["m"]).runs
    run = replace(run, run=run.run.model_copy(update={"attempt": 3}))
    ends = [RunEvent.of(run.run, "parts_done", body, NOW) for body in (told, worse, {"of": "another engine"})]
    made = replace(report(["m"]), runs=[replace(run, traffic=ends)])
    for text in (Page(html(made)).seen, markdown(made)):
        assert "2,400 answered, 40 refused, 2 failed; 41 tried again (in 2 of 3 attempts)" in text
        assert "8 at most; down to 3 while the server refused more" in text
        assert "61.50 s between tries, all requests together" in text
    quiet = replace(made, runs=[replace(run, traffic=ends[:1])])
    assert "8 at most" in markdown(quiet)
    assert "between tries" not in markdown(quiet)
    assert "requests" not in dict(facts([replace(run, traffic=ends[2:])]))


def test_verdicts_are_said_to_come_from_executed_tests_only_where_they_do() -> None:
    executed = report()
    assert "executed tests" in html(executed)
    assert "executed tests" in markdown(executed)
    opinions = judged(executed)
    assert "executed tests" not in html(opinions)
    assert "opinions, given by model python-tests" in Page(html(opinions)).seen
    assert "opinions, given by model python-tests" in markdown(opinions)


def judged(made: Report) -> Report:
    """The same, as if a model had said it, in marks between 0 and 10."""
    return replace(made, runs=[_judged(run) for run in made.runs])


def _judged(run: RunReport) -> RunReport:
    answers = [
        (sample, generation, [score.model_copy(update={"author": "model", "verdict": mark}) for score in scores])
        for at, (sample, generation, scores) in enumerate(run.answers)
        for mark in [Verdict(name="python-tests", value=float(at % 11), explanation="a matter of taste")]
    ]
    return RunReport(run.run, run.dataset, fold(run.run, answers, NOW), answers)


def test_marks_that_are_no_pass_or_fail_are_means_on_a_scale_of_their_own() -> None:
    opinions = judged(report())
    whole = opinions.runs[0].rate("python-tests")
    assert whole is not None
    assert whole.name == "mean"
    assert f"{whole.value:.3f}" in Page(html(opinions)).seen
    assert f"{whole.value:.3f} (mean)" in markdown(opinions)


def test_a_sample_without_a_verdict_is_excluded_and_never_a_failure() -> None:
    def answering(run: Run, sample: Sample, epoch: int) -> tuple[str, str]:
        return "x", {0: "unscored", 1: "no answer"}.get(sample.position, "passed")

    made = report(answering=answering)
    [task] = by_task(made)
    assert task.solved_by() == [("both", 82), ("only smollm2-135m", 0), ("only gemma-3-270m", 0), ("none", 0)]
    page = Page(html(made))
    assert page.seen.count("2 excluded") == 2 * 2  # the whole, and the slice they are in, of both models
    assert "1 generation failed and is left out of the rates" in page.seen
    assert "the server answered 503 five times" in page.seen
    assert "failures" not in markdown(made)


def test_an_unfinished_run_is_marked_wherever_its_figures_stand() -> None:
    made = report()
    answers = made.runs[1].answers[:30]
    run = made.runs[1].run.model_copy(update={"status": "interrupted"})
    partial = replace(made, runs=[made.runs[0], RunReport(run, made.runs[1].dataset, fold(run, answers, NOW), answers)])
    page = Page(html(partial))
    assert page.texts["abbr"] == ["partial"] * 3
    assert "gemma-3-270m on python-coding: interrupted, 30 of 84 generations." in page.seen
    assert "interrupted, 30 of 84 generations" in markdown(partial)
    assert "not asked" in page.seen


def test_a_run_that_has_nothing_yet_makes_a_report_all_the_same() -> None:
    made = report()
    run = made.runs[0].run.model_copy(update={"status": "queued"})
    empty = replace(made, runs=[RunReport(run, made.runs[0].dataset, fold(run, [], NOW), [])])
    assert "There are no verdicts yet." in html(empty)
    assert "There are no verdicts yet." in markdown(empty)


def test_several_tries_bring_pass_at_k() -> None:
    made = report(samples=coding_samples()[40:60], epochs=5)
    page, text = Page(html(made)), markdown(made)
    for k in (1, 2, 5):
        metric = made.runs[0].metric(f"pass@{k}", "python-tests")
        assert metric is not None
        assert metric.value is not None
        assert f"{100 * metric.value:.1f} %" in page.seen
        assert f"{100 * metric.value:.1f} % (" in text
    assert any(word.endswith("of 5 passed") for word in page.texts["span"])


def test_tasks_stay_apart_and_models_of_one_name_are_told_apart() -> None:
    made = report(tasks=("python-coding", "humaneval"))
    assert [(task.name, task.models) for task in by_task(made)] == [
        ("python-coding", ["smollm2-135m", "gemma-3-270m"]),
        ("humaneval", ["smollm2-135m", "gemma-3-270m"]),
    ]
    again = made.runs[0].run.model_copy(update={"id": "run-again"})
    twice = replace(made, runs=[made.runs[0], replace(made.runs[0], run=again)])
    [task] = by_task(twice)
    assert task.models == [f"smollm2-135m ({made.runs[0].run.id})", "smollm2-135m (run-again)"]


def test_eight_models_who_solve_what() -> None:
    made = report(models=[f"model-{at}" for at in range(8)])
    [task] = by_task(made)
    words = dict(task.solved_by())
    assert sum(words.values()) == 84
    assert list(words)[:2] == ["all 8", "several, but not all"]
    assert html(made).count('class="sample"') == 84


def test_hidden_tests_are_marked_and_their_values_shown() -> None:
    page = Page(html(report(samples=coding_samples()[:1], models=("solo",))))
    assert page.texts["i"].count("hidden") == 3
    assert "top_k([3, 1, 2], 6) == [1, 2, 3]" in page.texts["code"]


def test_what_all_prompts_begin_with_is_shown_once() -> None:
    page = Page(html(report()))
    assert page.texts["summary"].count("What every prompt begins with") == 1
    assert page.seen.count(EXAMPLES) == 1
    assert page.texts["a"].count("what every prompt begins with") == 84


def test_turns_that_all_chats_begin_with_are_shown_once() -> None:
    turns = (Message(role="system", content="Be brief."), Message(role="user", content="2 + 2?"))
    chats = [Row(key=str(at), input=(*turns, Message(role="user", content=f"{at} + 1?"))) for at in range(9)]
    made = report(models=("first", "second"), samples=samples_of(chats))
    assert beginning(made.runs[1]) == turns


def test_hostile_text_becomes_no_element_and_no_attribute() -> None:
    text = html(evil_report())
    page = Page(text)
    assert page.elements["script"] == page.elements["style"] == 1
    assert not {"img", "iframe", "object", "embed", "base"} & page.elements.keys()
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert all(value.startswith("#") or value == "data:," for value in page.values("href"))
    assert not page.values("src")
    for reply in HOSTILE:
        assert visible(reply) in page.seen


def test_no_unseen_character_reaches_a_report() -> None:
    made = evil_report()
    for text in (html(made), markdown(made)):
        text.encode("utf-8")
        assert visible(text) == text


def test_the_policy_of_the_page_allows_its_own_style_and_script_and_nothing_else() -> None:
    text = html(evil_report())
    [policy] = [value for value in Page(text).values("content") if value.startswith("default-src")]
    assert policy == (
        f"default-src 'none'; style-src '{digest(text, 'style')}'; script-src '{digest(text, 'script')}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def digest(page: str, element: str) -> str:
    [body] = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
    return f"sha256-{base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()}"


def test_hostile_text_is_only_text_in_markdown() -> None:
    lines = outside_fences(markdown(evil_report()))
    assert not [line for line in lines if re.search(r"(?<!\\)<|(?<!\\)!\[", line)]
    tables = re.findall(r"(?:^\|.*\n)+", "\n".join(lines) + "\n", re.MULTILINE)
    assert len(tables) >= 6
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def outside_fences(text: str) -> list[str]:
    """The lines of Markdown that are not in a code block; every block is closed by its own fence."""
    outside, fence = [], ""
    for line in text.splitlines():
        mark = re.match("`{3,}", line)
        if fence:
            fence = "" if line == fence else fence
        elif mark:
            fence = mark[0]
        else:
            outside.append(line)
    assert not fence
    return outside


def test_a_fence_is_longer_than_any_within() -> None:
    text = markdown(report(samples=coding_samples()[:1], answering=lambda *_: ("```\n`````\n# out?\n", "failed")))
    assert "``````python\n```\n`````\n# out?\n``````" in text


def test_an_endless_line_is_cut_and_the_page_says_how_to_see_it() -> None:
    made = report(samples=coding_samples()[:2], answering=lambda *_: ("A" * 5_000_000, "failed"))
    text = html(made)
    assert len(text) < 150_000
    command = f"benchbook show {made.runs[0].run.id} --sample easy/problem_0"
    assert f"… 4,996,000 characters left out: {command} …" in text
    assert f"… 4,999,200 characters left out; all of it: {command} …" in markdown(made)


def test_a_thousand_long_answers_fit_in_a_page_of_five_megabytes() -> None:
    rows = [Row(key=f"s{at}", input="p" * 1500, slices=("easy",)) for at in range(500)]

    def answering(run: Run, sample: Sample, epoch: int) -> tuple[str, str]:
        dice = random.Random(f"{run.id} {sample.id}")
        program = "".join(f"x{at} = {dice.random()!r}  # '<&>'\n" for at in range(130))
        return f"```python\n{program}```", dice.choice(["passed", "failed"])

    assert len(html(report(samples=samples_of(rows), answering=answering)).encode()) < 5_000_000


def test_the_same_runs_give_the_same_report_but_for_its_time() -> None:
    first, second = report(), replace(report(), generated_at=NOW.replace(year=2027))
    assert html(first) == html(report())
    assert html(second).replace("written 2027", "written 2026") == html(first)
    assert markdown(second).replace("written 2027", "written 2026") == markdown(first)


def test_the_config_in_a_report_is_the_experiment_again() -> None:
    made = report(epochs=2)
    [fenced] = re.findall(r"```json\n(.*?)\n```", markdown(made), re.DOTALL)
    assert ExperimentSpec.parse(json.loads(fenced)) == made.experiments[0].spec
    assert fenced in Page(html(made)).seen
    assert f"benchbook eval --resume {made.experiments[0].id}" in markdown(made)


def test_what_is_stored_is_what_is_reported(tmp_path: Path) -> None:
    made = report()
    with Store.open(f"sqlite:///{tmp_path}/benchbook.db", tmp_path / "blobs") as store:
        keep(store, made)
        runs = views.runs_of(store, made.experiments[0].id)
        assert html(gather(store, runs, NOW)) == html(made)
        paths = write(store, made.experiments[0], tmp_path / "reports", NOW)
        assert [path.name for path in paths] == ["eval_v1-exp-1m5xk2a3vq8d0e.md", "eval_v1-exp-1m5xk2a3vq8d0e.html"]
        assert [path.read_text(encoding="utf-8") for path in paths] == [markdown(made), html(made)]
        assert sorted((tmp_path / "reports").iterdir()) == sorted(paths)
        with pytest.raises(SpecError, match=r"a report ends in \.md or \.html"):
            write_file(store, runs, tmp_path / "report.pdf", NOW)
        with pytest.raises(SpecError, match="cannot write"):
            write_file(store, runs, paths[0] / "report.md", NOW)


def keep(store: Store, made: Report) -> None:
    """Everything of the report, stored as a run would have."""
    store.add_dataset(made.runs[0].dataset, coding_samples())
    queued = [run.run.model_copy(update={"status": "queued", "attempt": 0}) for run in made.runs]
    store.add_experiment(made.experiments[0], queued)
    for run, before in zip(made.runs, queued, strict=True):
        running = store.step(before, run.run.model_copy(update={"status": "running"}))
        store.record(running, [_event(running, at, *answered) for at, answered in enumerate(run.answers)])
        store.save_metrics(running.id, run.metrics)
        store.step(running, run.run)


def _event(run: Run, at: int, sample: Sample, generation: object, scores: object) -> RunEvent:
    told = {"kind": "sample_done", "subject": sample.key, "generation": generation, "scores": scores}
    return RunEvent(id=f"event-{run.id}-{at}", created_at=NOW, run_id=run.id, attempt=run.attempt, **told)


def test_a_browser_runs_nothing_that_a_model_wrote(tmp_path: Path) -> None:
    dom = Page(dom_of(written(tmp_path, evil_report())))
    assert dom.texts["title"][0] == "eval_v1 · Benchbook report"
    assert dom.elements["script"] == 1
    assert not dom.elements["img"]
    assert "<script>document.title='pwned'</script>" in dom.texts["pre"]
    # Our own script has run, so scripts could.
    assert dom.texts["output"] == ["8 of 8 samples"]


def test_the_policy_holds_even_if_escaping_failed(tmp_path: Path) -> None:
    path = written(tmp_path, report(samples=coding_samples()[:2]))
    path.write_text(
        path.read_text(encoding="utf-8").replace("</h1>", f"</h1>{HOSTILE[0]}{HOSTILE[2]}"), encoding="utf-8"
    )
    dom = Page(dom_of(path))
    assert dom.texts["title"][0] == "eval_v1 · Benchbook report"
    assert (dom.elements["script"], dom.elements["img"]) == (2, 1)


def test_the_address_presets_the_filters(tmp_path: Path) -> None:
    made = report()
    dom = dom_of(written(tmp_path, made), "verdict=timeout&model=smollm2-135m&slice=medium")
    shown = re.findall(r'<details class="sample"[^>]*>\n<summary><span class="key"><bdi>([^<]*)', without_hidden(dom))
    assert shown == [
        sample.key
        for sample, generation, _ in made.runs[0].answers
        if by_chance(made.runs[0].run, sample, generation.epoch)[1] == "timeout" and "medium" in sample.row.slices
    ]
    assert shown
    assert f"{len(shown)} of 84 samples" in dom


def without_hidden(dom: str) -> str:
    return re.sub(r'<details class="sample"[^>]* hidden="".*?\n</details>\n', "", dom, flags=re.DOTALL)


def test_a_link_opens_its_sample(tmp_path: Path) -> None:
    dom = dom_of(written(tmp_path, report()), "t0-s5")
    assert re.findall(r'<details class="sample"[^>]* open="">\n<summary><span class="key"><bdi>([^<]*)', dom) == [
        "easy/problem_5"
    ]


def written(folder: Path, made: Report) -> Path:
    path = folder / "report.html"
    path.write_text(html(made), encoding="utf-8")
    return path
