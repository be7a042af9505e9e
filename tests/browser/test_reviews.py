"""People at work: ten pairs by keyboard, a reload in the middle, a dispute and who settles it."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from benchbook.records.runs import Run
from benchbook.service import reviews, users
from benchbook.service.runs import utc_now
from benchbook.specs.reviews import ReviewSpec
from benchbook.store import review_views, views
from benchbook.store.store import Store
from browser.conftest import Site, served, watching
from service.judged import answered
from service.reviewed import pair_judge

SIZE = 12
PASSWORD = "correct horse battery"
RIGHT = "Here 😀 it is:\n\n```python\ndef double(n):\n    return 2 * n  # 🎉 answer\n```\nIt runs <b>fast</b>."
WRONG = "Here 😀 it is, as a guess:\n\n```python\ndef double(n):\n    return n  # 🎉 guess\n```\n\u202eoops"


@dataclass(frozen=True)
class Place:
    """A store with two runs and their judge, and where it is."""

    home: Path
    runs: tuple[Run, Run]
    judge: Run

    def store(self) -> Store:
        return Store.open(f"sqlite:///{self.home / 'benchbook.db'}", self.home / "blobs")

    def opened(self, name: str, **spec: Any) -> str:
        """A new review; its id."""
        found: str = self.asked(lambda store: reviews.open_review(store, _spec(name, spec), utc_now()).id)
        return found

    def asked(self, question: Any) -> Any:
        """What the store says."""
        store = self.store()
        try:
            return question(store)
        finally:
            store.close()


def _spec(name: str, spec: dict[str, Any]) -> ReviewSpec:
    return ReviewSpec.parse({"name": name, **spec})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The judge always says that the second, wrong one is better."""
    home, folder = tmp_path_factory.mktemp("reviewed"), tmp_path_factory.mktemp("files")

    def fill() -> Place:
        store = Store.open(f"sqlite:///{home / 'benchbook.db'}", home / "blobs")
        both = {"secret-alpha": [RIGHT] * SIZE, "secret-beta": [WRONG] * SIZE}
        first, second = answered(store, folder, both, ["x"] * SIZE)
        judge = pair_judge(store, (first, second))
        for name in ("ann", "ben", "cleo"):
            users.add(store, name, "reviewer", PASSWORD, utc_now())
        users.add(store, "root", "admin", PASSWORD, utc_now())
        store.close()
        return Place(home, (first, second), judge)

    with ThreadPoolExecutor(1) as aside:
        return aside.submit(fill).result()


@pytest.fixture(scope="module")
def open_site(place: Place) -> Iterator[Site]:
    with served(place.home, "--no-auth") as found:
        yield found


class Keys:
    """Somebody at a keyboard, who counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.struck = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.struck += 1


def _sheet(page: Page) -> Locator:
    """The item is there, and the server knows that it is on our table."""
    expect(page.get_by_text("· kept")).to_be_visible()
    return page.get_by_role("article")


def _done(page: Page, number: int) -> None:
    expect(page.get_by_text(f"{number} done by you")).to_be_visible()
    expect(page.get_by_text("· kept")).to_be_visible()


def test_ten_pairs_are_reviewed_by_keyboard_and_become_preferences(
    browser: Browser, open_site: Site, place: Place
) -> None:
    review = place.opened("by-keyboard", judge=place.judge.id, suggestion="shown")
    with watching(browser, open_site) as watched:
        page, keys = watched.page, Keys(watched.page)
        page.goto(f"/reviews/{review}/work?as=ann")
        expect(_sheet(page)).to_have_count(2)
        assert "secret" not in page.locator("main").inner_text()
        # A plain accept is one stroke.
        for number in range(1, 6):
            keys.press("a")
            _done(page, number)
        assert keys.struck == 5
        # An override with a passage and its kind takes five; to say how sure one is, one more.
        before = keys.struck
        keys.press("o", "s", "j")
        expect(page.locator("[data-cursor]").first).to_be_visible()
        keys.press("2", "-", "Control+Enter")
        _done(page, 6)
        assert keys.struck - before < 10
        # Taken back, it is as it was.
        keys.press("u")
        _done(page, 5)
        passages = page.get_by_role("list", name="Marked passages")
        expect(passages).to_contain_text("vague")
        keys.press("Control+Enter")
        _done(page, 6)
        # What is begun outlives a reload.
        keys.press("o", "-", "-", "c")
        page.keyboard.type("not even 😀 close")
        page.reload()
        expect(page.get_by_role("button", name="90 %")).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_label("Critique")).to_have_value("not even 😀 close")
        expect(page.get_by_role("button", name=re.compile("^Override"))).to_be_enabled()
        keys.press("Control+Enter")
        _done(page, 7)
        # What is selected with the mouse is marked, too: by its place in the text, not in what is drawn.
        keys.press("o")
        wrong = page.get_by_role("article").filter(has_text="RLO")
        wrong.get_by_text("oops").dblclick()
        keys.press("s", "1", "Control+Enter")
        _done(page, 8)
        keys.press("a", "a")
        _done(page, 10)
    votes = place.asked(lambda store: _votes(store, review))
    assert sorted(vote["how"] for vote in votes) == ["accepted"] * 7 + ["overridden"] * 3
    marked = [words for vote in votes for words in vote["marked"]]
    # The name that stands for the character that turns text round is that character; accepting takes the judge's over.
    assert sorted(set(marked)) == sorted({"guess", "def double(n):", "\u202eoops"})
    assert len(marked) == 9
    runs = ",".join(run.id for run in place.runs)
    rows = _exported(open_site, f"runs={runs}&source=human&format=trl-dpo")
    chosen = [row["chosen"][-1]["content"] if isinstance(row["chosen"], list) else row["chosen"] for row in rows]
    assert (len(rows), sum(text == RIGHT for text in chosen)) == (10, 3)
    assert len(_exported(open_site, f"runs={runs}&source=human&format=trl-dpo&min_confidence=0.9")) == 2


def _exported(site: Site, query: str) -> list[Any]:
    with urlopen(f"{site.url}/api/preferences/export?{query}") as answer:
        return [json.loads(line) for line in answer.read().decode().splitlines()]


def _votes(store: Store, review_id: str) -> list[dict[str, Any]]:
    """How everything came about that was handed in, and which words were marked."""
    review = reviews.named(store, review_id)
    found = []
    for vote in review_views.votes(store, review):
        for score in review_views.scores_of(store, vote.score_ids):
            told: Any = score.verdict.trace["review"]
            ids = [one for one in (score.generation_id, score.other_generation_id) if one]
            texts = views.answers_of(store, ids)
            marked = [_words(texts[ids[int(span.other)]][1], span) for span in score.verdict.spans]
            found.append({"how": told["how"], "marked": marked})
    return found


def _words(generation: Any, span: Any) -> str:
    text: str = generation.output.text
    return text[span.start : span.end]


def test_what_is_handed_in_while_the_server_is_dead_is_there_once_it_is_back(browser: Browser, place: Place) -> None:
    review = place.opened("killed", judge=place.judge.id, suggestion="shown")
    with served(place.home, "--no-auth") as first, watching(browser, first) as watched:
        watched.expected = ("net::ERR_", "403")
        page, keys = watched.page, Keys(watched.page)
        page.goto(f"/reviews/{review}/work?as=ann")
        expect(_sheet(page)).to_have_count(2)
        keys.press("a")
        _done(page, 1)
        assert first.process is not None
        first.process.kill()
        first.process.wait()
        keys.press("o", "s", "j")
        expect(page.locator("[data-cursor]").first).to_be_visible()
        keys.press("2", "Control+Enter")
        expect(page.get_by_role("alert")).to_contain_text("cannot be reached")
        keys.press("a")
        with served(place.home, "--no-auth", "--port", str(urlsplit(first.url).port)):
            _done(page, 3)
            expect(page.get_by_role("alert")).to_have_count(0)
            keys.press("a")
            _done(page, 4)
    votes = place.asked(lambda store: _votes(store, review))
    assert sorted(vote["how"] for vote in votes) == ["accepted", "accepted", "accepted", "overridden"]
    [overridden] = [vote for vote in votes if vote["how"] == "overridden"]
    assert "def double(n):" in overridden["marked"]


def test_two_reviewers_differ_and_a_third_settles(browser: Browser, place: Place) -> None:
    rubric = place.judge.spec.judging
    assert rubric is not None
    spec = {"runs": [run.id for run in place.runs], "rubric": rubric.rubric.model_dump(mode="json"), "overlap": 2}
    review = place.opened("two-of-them", **spec)
    with served(place.home) as site:
        for name, text in (("ann", "answer"), ("ben", "guess")):
            with watching(browser, site) as watched:
                watched.expected = ("401",)
                page = watched.page
                _log_in(page, name, f"/reviews/{review}/work")
                better = _sheet(page).filter(has_text=f"🎉 {text}")
                keys = Keys(page)
                keys.press("1" if better.get_attribute("aria-label") == "Response A" else "2", "n")
                page.keyboard.type(f"{name} thinks so")
                keys.press("Control+Enter")
                _done(page, 1)
        with watching(browser, site) as watched:
            watched.expected = ("401",)
            page = watched.page
            _log_in(page, "cleo", f"/reviews/{review}/disputes")
            page.get_by_role("button", name=re.compile("ann, ben")).click()
            expect(page.get_by_role("article", name="Vote of ann")).to_contain_text("ann thinks so")
            expect(page.get_by_role("article", name="Vote of ben")).to_contain_text("ben thinks so")
            page.get_by_role("article", name="Vote of ann").get_by_role("button", name="Uphold").click()
            expect(page.get_by_text("There is nothing to decide")).to_be_visible()
            page.goto(f"/reviews/{review}")
            settled = page.get_by_role("region", name="Progress").get_by_text("Settled").locator("xpath=..")
            expect(settled).to_contain_text("1")
            assert "secret" not in page.locator("main").inner_text()
    # What is decided stands in place of both votes, which stay as they were given.
    votes = place.asked(lambda store: _votes(store, review))
    assert sorted(vote["how"] for vote in votes) == ["adjudicated", "adjudicated", "given", "given"]


def test_the_judges_word_comes_with_the_first_choice(browser: Browser, open_site: Site, place: Place) -> None:
    review = place.opened("after-choice", judge=place.judge.id)
    with watching(browser, open_site, 390, "dark") as watched:
        page, keys = watched.page, Keys(watched.page)
        page.goto(f"/reviews/{review}/work")
        _sheet(page)
        keys.press("a")
        expect(page.get_by_text("Make a choice of your own first.")).to_be_visible()
        keys.press("0")
        expect(page.get_by_role("region", name="The judge")).to_be_visible()
        keys.press("a")
        _done(page, 1)
        keys.press("x")
        page.get_by_label("Why", exact=True).fill("I wrote one of them")
        page.keyboard.press("Enter")
        expect(page.get_by_text("· kept")).to_be_visible()


def test_a_review_is_opened_from_the_form(browser: Browser, open_site: Site, place: Place) -> None:
    with watching(browser, open_site) as watched:
        page = watched.page
        page.goto(f"/reviews/new?judge={place.judge.id}")
        page.get_by_label("Name").fill("no spaces please")
        watched.expected = ("400",)
        page.get_by_role("button", name="Open", exact=True).click()
        expect(page.get_by_text("That did not work.")).to_be_visible()
        page.get_by_label("Name").fill("from-the-form")
        page.get_by_role("button", name="Open", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("from-the-form")
        page.get_by_role("button", name="Close").click()
        expect(page.get_by_text("closed").first).to_be_visible()
        page.goto("/reviews")
        expect(page.get_by_role("grid", name="Reviews")).to_contain_text("from-the-form")


def _log_in(page: Page, name: str, to: str) -> None:
    page.goto(to)
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name=re.compile("Log in", re.IGNORECASE)).click()
    expect(page).to_have_url(re.compile(re.escape(to)))
