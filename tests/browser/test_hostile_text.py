"""What models write is text: on no page does any of it run, lead away, fetch, hide or break the page."""

from playwright.sync_api import Browser, Page

from browser.conftest import Site, Watched, watching
from browser.demo import HOSTILE
from browser.places import review_of, run_of


def test_on_every_page_that_shows_a_sample(browser: Browser, site: Site) -> None:
    mallory = run_of(site, "hostile", "mallory")["id"]
    with watching(browser, site) as watched:
        for position in range(len(HOSTILE)):
            for view in ("rendered", "text", "code"):
                _harmless(watched, f"/runs/{mallory}/samples/{position}/1?view={view}")


def test_on_every_other_page(browser: Browser, site: Site) -> None:
    mallory, trudy = (run_of(site, "hostile", name) for name in ("mallory", "trudy"))
    judge = run_of(site, "hostile", "eve", "code-review")["id"]
    both = f"{mallory['id']},{trudy['id']}"
    with watching(browser, site) as watched:
        for address in (
            *("/", "/experiments", f"/experiments/{mallory['experiment_id']}", "/runs", f"/runs/{mallory['id']}"),
            *(f"/runs/{mallory['id']}?tab={tab}" for tab in ("failures", "environment", "spec")),
            f"/runs/{mallory['id']}/samples/3/1?view=text&diff={trudy['id']}",
            f"/runs/{mallory['id']}/samples/3/1?view=code&diff={trudy['id']}",
            *(f"/runs/{judge}", f"/runs/{judge}/samples/2/1", f"/judging/{judge}", f"/compare?runs={both}"),
            *(f"/data/datasets/{mallory['dataset_id']}?sample={position}" for position in range(len(HOSTILE))),
            f"/preferences?runs={judge}&source=model",
        ):
            _harmless(watched, address)


def test_where_people_review(browser: Browser, site: Site) -> None:
    address = review_of(site, "hostile-pairs")
    with watching(browser, site) as watched:
        page = watched.page
        for number in range(1, 20):
            _harmless(watched, f"{address}/work")
            if page.get_by_role("article").count() == 0:
                break
            for view in ("v", "v"):
                page.keyboard.press(view)
                assert page.evaluate("window.pwned") is None
            for key in ("1", "s", "j", "1", "Control+Enter"):
                page.keyboard.press(key)
            page.get_by_text(f"{number} done by you").wait_for()
            page.get_by_text("· kept").or_(page.get_by_text("others have the rest")).first.wait_for()
        assert number > 5
        _harmless(watched, address)


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
    watched.page.goto(f"/runs/{mallory}/samples/{turned}/1?view=text")
    watched.page.get_by_role("article").first.get_by_text("RLO").wait_for()
    assert "\u202e" not in watched.page.evaluate("document.body.innerText")


def _harmless(watched: Watched, address: str) -> None:
    page: Page = watched.page
    page.goto(address)
    page.locator("h1").wait_for()
    page.locator("[aria-busy=true]").first.wait_for(state="detached")
    closed = page.locator("main details:not([open]) > summary")
    for _ in range(closed.count()):
        closed.first.click()
    assert page.evaluate("window.pwned") is None, address
    strange = "main :is(script, iframe, object, embed, form, base, link, style, meta, [onclick], [onerror], [onload])"
    assert page.locator(strange).count() == 0, address
    assert page.locator("main :is(img, a[href^='javascript'], a[href^='data'])").count() == 0, address
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), address
    assert watched.heard() == [], address
