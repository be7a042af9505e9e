"""Every page shows what it is for, on a screen and on a telephone, in light and in dark, to everyone."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from browser.conftest import Site, watching
from browser.places import pages_of

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_every_page_fits_and_is_accessible(browser: Browser, site: Site, width: int, scheme: str) -> None:
    with watching(browser, site, width, scheme) as watched:
        found = [f"{address}: {told}" for address in pages_of(site) for told in _shown(watched.page, address)]
    assert found == []


def _shown(page: Page, address: str) -> list[str]:
    """What is wrong with a page."""
    page.goto(address)
    page.locator("h1").wait_for()
    page.locator("[aria-busy=true]").first.wait_for(state="detached")
    wide = page.evaluate("document.documentElement.scrollWidth > innerWidth + 1")
    return [*(["it is wider than the window"] if wide else []), *_violations(page)]


def _violations(page: Page) -> list[str]:
    """Against WCAG AA, by axe; given to the page past its policy, which allows no foreign script."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
    result: dict[str, Any] = page.evaluate("tags => axe.run({runOnly: tags, resultTypes: ['violations']})", tags)
    return [f"{one['id']}: {node['html'][:160]}" for one in result["violations"] for node in one["nodes"][:3]]


def test_from_an_address_that_leads_nowhere_there_are_ways_on(browser: Browser, site: Site) -> None:
    with watching(browser, site) as watched:
        watched.page.goto("/nowhere/at/all")
        watched.page.get_by_text("There is no page at this address.").wait_for()
        watched.page.get_by_role("navigation").get_by_role("link", name="Runs", exact=True).click()
        watched.page.get_by_role("heading", name="Runs", exact=True).wait_for()
