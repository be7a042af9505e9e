"""Answers that people bring: in a form or in a file, judged by a job that one sees through."""

import json
import re
from pathlib import Path

from playwright.sync_api import expect

from browser.conftest import Site, Watched


def test_answers_are_judged_from_the_form(watched: Watched) -> None:
    page = watched.page
    page.goto("/judging")
    page.get_by_role("link", name="Judge answers").click()
    expect(page.get_by_role("button", name="Judge", exact=True)).to_be_disabled()
    page.get_by_label("Prompt").fill("What is 6 times 7?")
    page.get_by_role("textbox", name="Response 1", exact=True).fill("It is 41.")
    page.get_by_label("Model of response 1").fill("small")
    page.get_by_role("button", name="Add a response").click()
    page.get_by_role("textbox", name="Response 2", exact=True).fill("It is 42.")
    page.get_by_label("Model of response 2").fill("small")
    page.get_by_label("Correct answer").fill("42")
    page.get_by_role("combobox", name="Rubric").click()
    page.get_by_role("option", name="quality-3").click()
    watched.expected = ("400",)
    page.get_by_role("button", name="Judge", exact=True).click()
    expect(page.get_by_text("two responses are of the model").first).to_be_visible()
    page.get_by_label("Model of response 2").fill("large")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("/jobs/job-"))
    expect(page.get_by_text("done").first).to_be_visible(timeout=120_000)
    for name, said in (("small", "It is 41."), ("large", "It is 42.")):
        answer = page.get_by_role("region", name=name, exact=True)
        expect(answer.get_by_role("article")).to_have_text(said)
        expect(answer.get_by_role("listitem").filter(has_text="completeness").last).to_contain_text("5")
        expect(answer.get_by_role("list", name="Worth a second look")).to_contain_text("nobody could tell")
    page.get_by_role("link", name="Judge again, with changes").click()
    expect(page.get_by_role("textbox", name="Response 2", exact=True)).to_have_value("It is 42.")
    expect(page.get_by_role("combobox", name="Rubric")).to_have_value("quality-3")


def test_an_uploaded_file_is_taken_in_and_judged(watched: Watched, tmp_path: Path) -> None:
    page = watched.page
    page.goto("/data")
    page.locator("input[type=file]").set_input_files(_rlhf(tmp_path / "products 1.jsonl"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Ingested file")
    came = page.get_by_role("region", name="What came of it")
    expect(came.get_by_role("link", name="products-1")).to_be_visible(timeout=120_000)
    came.get_by_role("link", name="Judge these answers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New experiment")
    page.get_by_role("combobox", name="Rubric").click()
    page.get_by_role("option", name="stem-l1").click()
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^judging-"))
    expect(page.get_by_text("completed").first).to_be_visible(timeout=120_000)
    page.get_by_role("link", name="rules").first.click()
    page.get_by_role("link", name="How it judged").click()
    expect(page.get_by_role("region", name="Criteria")).to_be_visible()
    expect(page.get_by_role("region", name="Flags")).to_contain_text("undecided")


def test_a_file_that_cannot_be_taken_says_why(watched: Watched, tmp_path: Path) -> None:
    page = watched.page
    path = tmp_path / "broken.jsonl"
    path.write_text('{"prompt": "What is it?"}\n')
    page.goto("/data")
    page.locator("input[type=file]").set_input_files(path)
    expect(page.get_by_text("failed").first).to_be_visible(timeout=120_000)
    expect(page.get_by_role("alert")).to_contain_text("row")


def test_jobs_are_listed_and_cancelled(watched: Watched, site: Site) -> None:
    page = watched.page
    slow = {"model": "mock/slow", "args": {"latency": 600}}
    asked = {"prompt": "Which is it?", "response": "This one.", "rubric": "quality-3", "judge": slow}
    job = site.post("/api/evaluate", asked)["id"]
    page.goto("/runs")
    page.get_by_role("grid", name="Runs").wait_for()
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.get_by_placeholder("Any kind").click()
    page.get_by_role("option", name="judge answers").click()
    expect(page).to_have_url(re.compile("kind=evaluate"))
    cancel = page.get_by_role("button", name=f"Cancel {job}")
    row = page.get_by_role("grid", name="Jobs").get_by_role("row").filter(has=cancel)
    expect(row).to_contain_text(re.compile("queued|running"))
    expect(row.get_by_role("link")).to_have_text("Which is it?")
    cancel.click()
    page.goto(f"/jobs/{job}")
    expect(page.get_by_text(re.compile("It stops as soon as|cancelled")).first).to_be_visible()


def _rlhf(path: Path) -> Path:
    """A file as teams that collect preferences have it: prompts, answers of two models, what people say of them."""
    rows = [
        {
            "task_id": f"product-{number}",
            "prompt": f"What is {number} times {number + 1}?",
            "ideal_response": f"It is {number * (number + 1)}.",
            "final_answer": str(number * (number + 1)),
            "model_responses": [
                {"model": "small", "response": f"It is {number * (number + 1) + number % 2}."},
                {"model": "large", "response": f"It is {number * (number + 1)}."},
            ],
            "human_evaluations": [
                {"model": name, "annotator": "ann", "criterion": "stem-l1/results_formulae/final_result", "value": said}
                for name, said in (("small", "no" if number % 2 else "yes"), ("large", "yes"))
            ],
        }
        for number in range(2, 12)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path
