"""What models write is text: on no page does any of it run, lead away, fetch, hide or break the page."""

from playwright.sync_api import Browser, Page, ViewportSize, expect

from browser.conftest import Site, Watched, watching
from browser.demo import HOSTILE_MODELS, STRIDE, hostile_form
from browser.hostile import HOSTILE
from browser.places import review_of, run_of

PHONE, SCREEN = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=860)

SEEN = """() => {
  const strange = 'script, iframe, object, embed, form, base, link, style, meta, img[src], picture, video, audio,'
    + 'source, use, foreignObject, image, [onclick], [onerror], [onload], [onfocus], [ontoggle], [popovertarget], '
    + '[srcset], a[href^="javascript" i], a[href^="data" i], a[href^="vbscript" i], a[href^="file" i], a[ping]';
  const turned = /[\\u001b\\u202a-\\u202e\\u2066-\\u2069]/;
  const main = document.querySelector('main');
  const title = document.querySelector('h1').getBoundingClientRect();
  const above = title.top < 0 ? null : document.elementFromPoint(title.left + 4, title.top + title.height / 2);
  return {
    ran: window.pwned ?? ({}).pwned ?? null,
    strange: [...main.querySelectorAll(strange)].map((one) => one.outerHTML.slice(0, 120)),
    wide: Math.max(0, document.documentElement.scrollWidth - innerWidth - 1),
    high: document.documentElement.scrollHeight > 400_000,
    turned: turned.exec(main.innerText)?.index ?? null,
    told: [...main.querySelectorAll('[title]')].filter((one) => turned.test(one.title)).length,
    covered: above !== null && above.closest('header') === null,
  };
}"""
"""What must not be on a page."""
NOTHING: dict[str, object] = {
    "ran": None,
    "strange": [],
    "wide": 0,
    "high": False,
    "turned": None,
    "told": 0,
    "covered": False,
}


def test_on_every_page_that_shows_a_sample(browser: Browser, site: Site) -> None:
    runs = [run_of(site, "hostile", name)["id"] for name in HOSTILE_MODELS]
    with watching(browser, site) as watched:
        for position in range(STRIDE):
            address = f"/runs/{runs[0]}/samples/{position}/1?view=rendered&with={','.join(runs[1:])}"
            _harmless(watched, address)
            expect(watched.page.get_by_role("article")).to_have_count(len(runs))
            for view in ("text", "code"):
                watched.page.keyboard.press("v")
                expect(watched.page.get_by_role("radio", name=view)).to_be_checked()
                _looked_at(watched, f"{address}, as {view}")


def test_on_every_other_page(browser: Browser, site: Site) -> None:
    mallory, trudy, grace = (run_of(site, "hostile", name) for name in ("mallory", "trudy", "grace"))
    judging = run_of(site, "hostile-judged", "eve", "code-review")
    judge = judging["id"]
    both, whole = f"{mallory['id']},{trudy['id']}", f"/runs/{mallory['id']}"
    drawn = run_of(site, "drawn", "peggy")["id"]
    with watching(browser, site) as watched:
        for address in (
            *("/", "/experiments", f"/experiments/{mallory['experiment_id']}", "/runs", "/judging"),
            *(f"/experiments/new?from={judging['experiment_id']}&as={kind}" for kind in ("form", "yaml")),
            *(f"{whole}?tab={tab}" for tab in ("samples", "environment", "spec")),
            *(f"/runs/{grace['id']}?tab={tab}" for tab in ("samples", "failures")),
            f"/runs/{grace['id']}/samples/3/1",
            *(f"{whole}?peek={position}/1" for position in range(STRIDE)),
            *(f"/runs/{drawn}/samples/{position}/1?view=rendered" for position in range(STRIDE)),
            *(f"{whole}/samples/{position}/1?view=text&diff={trudy['id']}" for position in (3, len(HOSTILE) - 1)),
            f"{whole}/samples/3/1?view=code&diff={trudy['id']}",
            *(f"/runs/{judge}", f"/runs/{judge}/samples/2/1", f"/judging/{judge}", f"/compare?runs={both}"),
            *(f"/data/datasets/{mallory['dataset_id']}?sample={position}" for position in range(STRIDE)),
            f"/preferences?runs={judge}&source=model",
        ):
            _harmless(watched, address)


def test_where_people_review(browser: Browser, site: Site) -> None:
    address = review_of(site, "hostile-pairs")
    with watching(browser, site) as watched:
        page = watched.page
        _harmless(watched, f"{address}/work")
        for number in range(1, 26):
            for view in ("v", "v"):
                page.keyboard.press(view)
                assert page.evaluate("window.pwned") is None
            for key in ("1", "s", "j", "1", "Control+Enter"):
                page.keyboard.press(key)
            page.get_by_text(f"{number} done by you").wait_for()
            page.get_by_text("· kept").or_(page.get_by_text("others have the rest")).first.wait_for()
            _looked_at(watched, f"{address}/work, after {number}")
        _harmless(watched, address)


def test_where_answers_were_sent_to_be_judged(browser: Browser, site: Site) -> None:
    texts = ["\n\n".join(HOSTILE[at : len(HOSTILE) - 1 : STRIDE]) for at in range(STRIDE)]
    asked = {
        "prompt": texts[0],
        "responses": [*texts, HOSTILE[-1][:200_000]],
        "ideal_response": texts[1],
        "final_answer": texts[2],
        "rubric": "code-review",
        "judges": [{"model": "mock/eve", "args": {"replies": [hostile_form(at) for at in range(STRIDE)]}}],
    }
    job = site.post("/api/evaluate", asked)["id"]
    with watching(browser, site) as watched:
        watched.page.goto(f"/jobs/{job}")
        expect(watched.page.get_by_role("article")).to_have_count(STRIDE + 1, timeout=120_000)
        for address in (f"/jobs/{job}", f"/judge?from={job}", "/jobs"):
            _harmless(watched, address)


def test_passages_marked_in_hostile_answers(watched: Watched, site: Site) -> None:
    run = run_of(site, "hostile", "mallory")["id"]
    watched.page.goto(f"/runs/{run}/samples/0/1")
    watched.page.get_by_role("button", name="passage").first.click()
    expect(watched.page.locator("article mark").first).to_be_visible()
    assert watched.page.evaluate(SEEN) == NOTHING


def test_of_a_long_answer_the_beginning_is_shown_until_one_asks(browser: Browser, site: Site) -> None:
    mallory = run_of(site, "hostile", "mallory")["id"]
    long = next(at for at, text in enumerate(HOSTILE) if len(text) > 1_000_000)
    with watching(browser, site) as watched:
        watched.page.goto(f"/runs/{mallory}/samples/{long}/1?with=none")
        answer = watched.page.get_by_role("article")
        answer.get_by_role("button", name="Show more").click()
        assert len(answer.inner_text()) < 200_000


def test_what_would_turn_the_text_round_is_named(watched: Watched, site: Site) -> None:
    mallory = run_of(site, "hostile", "mallory")["id"]
    turned = next(at for at, text in enumerate(HOSTILE) if "\u202e" in text)
    watched.page.goto(f"/runs/{mallory}/samples/{turned}/1?view=text&with=none")
    watched.page.get_by_role("article").first.get_by_text("RLO").wait_for()
    assert "\u202e" not in watched.page.evaluate("document.body.innerText")


def _harmless(watched: Watched, address: str) -> None:
    """Nothing runs, is fetched, covers the page or makes it wider, also where one opens and scrolls what there is."""
    page = watched.page
    page.goto(address)
    page.locator("h1").wait_for()
    page.locator("[aria-busy=true]").first.wait_for(state="detached")
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true })")
    _scrolled(page)
    _looked_at(watched, address)


def _looked_at(watched: Watched, address: str) -> None:
    page = watched.page
    assert page.evaluate(SEEN) == NOTHING, address
    page.set_viewport_size(PHONE)
    assert page.evaluate(SEEN) == NOTHING, address
    page.set_viewport_size(SCREEN)
    assert watched.heard() == [], address


def _scrolled(page: Page) -> None:
    """Every list to its end: only what is in view is drawn."""
    for grid in page.get_by_role("grid").all():
        for _ in range(4):
            grid.evaluate("one => { one.scrollTop += one.clientHeight }")
            page.wait_for_timeout(50)
            assert page.evaluate(SEEN) == NOTHING
