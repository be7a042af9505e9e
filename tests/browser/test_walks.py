"""What people come for: start a run, watch it, find a sample, compare two runs; by keyboard and by address."""

import re
from pathlib import Path

import yaml
from playwright.sync_api import Browser, Page, expect

from browser.conftest import Site, Watched, served, watching
from browser.places import run_of

SLOW = """\
name: slow-one
models:
  - {name: slowly, model: mock/slowly, args: {latency: 0.4}}
tasks:
  - task: python-coding
    slices: [easy]
run: {concurrency: 1, cache: false}
"""


def test_a_run_is_started_from_the_form_and_watched_until_it_is_done(watched: Watched) -> None:
    page = watched.page
    page.goto("/experiments/new")
    page.get_by_label("Name").first.fill("from the form")
    expect(page.get_by_text("a name is up to 100 letters").first).to_be_visible()
    page.get_by_label("Name").first.fill("from-the-form")
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("from-the-form")
    expect(page.get_by_text("completed").first).to_be_visible(timeout=120_000)
    page.get_by_role("link", name=re.compile("mock|demo")).first.click()
    expect(page.get_by_role("grid", name="Samples").get_by_role("row")).not_to_have_count(1)
    expect(page.get_by_text("46 of 46").first).to_be_visible()


def test_the_form_says_what_a_model_is_given_what_is_spent_and_what_is_held_to(watched: Watched) -> None:
    page = watched.page
    page.goto("/experiments/new")
    page.get_by_label("Name").first.fill("held-to-much")
    model = page.get_by_role("region", name="Models")
    model.get_by_label("Temperature").fill("0.5")
    model.get_by_label("latency").press_sequentially("0.01")
    model.get_by_label("by_sample").press_sequentially('{"easy/add": "never"}')
    page.get_by_label("Cost at most").press_sequentially("1.50")
    page.keyboard.press("Tab")
    expect(page.get_by_text("the price of mock/demo is not known").first).to_be_visible()
    page.get_by_label("Cost at most").fill("")
    page.get_by_label("Tokens at most, in all").press_sequentially("1e6")
    page.get_by_label("Time at most").fill("soon")
    expect(page.get_by_text("expected a number of seconds").first).to_be_visible()
    page.get_by_label("Time at most").fill("2h")
    gates = page.get_by_role("combobox", name="Demands")
    gates.fill("pass_rate > 0.6")
    gates.press("Enter")
    expect(page.get_by_text("expected a gate like").first).to_be_visible()
    gates.press("Backspace")
    gates.fill("error_rate <= 0.5")
    gates.press("Enter")
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("held-to-much")
    expect(page.get_by_text("completed").first).to_be_visible(timeout=120_000)
    expect(page.get_by_text("error_rate ≤ 0.5")).to_be_visible()
    config = str(page.evaluate("async () => (await fetch(location.pathname.replace('/', '/api/') + '/config')).text()"))
    spec = yaml.safe_load(config)
    args = {"latency": 0.01, "by_sample": {"easy/add": "never"}}
    assert spec["models"] == [{"model": "mock/demo", "generate": {"temperature": 0.5}, "args": args}]
    assert spec["run"]["budget"] == {"max_tokens": 1_000_000, "max_time": "2h"}
    assert spec["gates"] == ["error_rate <= 0.5"]


def test_a_model_by_another_runtime_keeps_no_argument_that_it_does_not_take(watched: Watched) -> None:
    page = watched.page
    page.goto("/experiments/new")
    model = page.get_by_role("region", name="Models")
    model.get_by_label("latency").press_sequentially("0.01")
    model.get_by_role("combobox", name="Model").fill("replay/answers.jsonl")
    page.get_by_text("YAML", exact=True).click()
    expect(page.get_by_text("replay/answers.jsonl").first).to_be_visible()
    expect(page.get_by_text("latency")).to_have_count(0)


def test_runs_are_marked_and_compared_with_a_finger(browser: Browser, site: Site) -> None:
    names = ("steady-7b", "hasty-1b")
    experiment = run_of(site, "coding-demo", names[0])["experiment_id"]
    with watching(browser, site, width=390) as watched:
        page = watched.page
        page.goto(f"/runs?experiment={experiment}")
        for name in names:
            page.get_by_role("row").filter(has_text=name).get_by_role("checkbox").check()
        expect(page.get_by_role("button", name="Compare 2 marked")).to_be_enabled()
        page.keyboard.press("c")
        expect(page).to_have_url(re.compile(r"/compare\?runs=run-\w+(,|%2C)run-"))
        expect(page.get_by_role("region", name="Difference")).to_be_visible()


def test_filters_that_leave_nothing_are_taken_away_by_a_click(watched: Watched) -> None:
    page = watched.page
    page.goto("/runs?model=nobody-has-it")
    expect(page.get_by_text("No run is like that.")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("grid", name="Runs").get_by_role("row").nth(1)).to_be_visible()


def test_a_run_is_stopped_and_taken_up_again(watched: Watched) -> None:
    page = watched.page
    _write(page, SLOW)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("link", name="slowly").click()
    expect(page.get_by_text("samples/s").first).to_be_visible(timeout=120_000)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("interrupted").first).to_be_visible(timeout=120_000)
    page.keyboard.press("r")
    expect(page.get_by_text("completed").first).to_be_visible(timeout=180_000)
    expect(page.get_by_text("46 of 46").first).to_be_visible()


def test_a_mistake_in_the_config_is_shown_with_its_line(watched: Watched) -> None:
    page = watched.page
    _write(page, SLOW.replace("slices", "slcies"))
    expect(page.get_by_text("Line 6")).to_be_visible()
    expect(page.get_by_text(re.compile("did you mean"))).to_be_visible()
    expect(page.get_by_role("button", name="Start")).to_be_disabled()


def test_samples_are_found_moved_through_and_left_by_keyboard(watched: Watched, site: Site) -> None:
    page = watched.page
    run = run_of(site, "coding-demo", "hasty-1b")["id"]
    page.goto(f"/runs/{run}")
    expect(page.get_by_role("grid", name="Samples").get_by_role("link", name="1", exact=True)).to_be_visible()
    for key in ("j", "j", "k", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sample 1")
    page.get_by_role("article").first.wait_for()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sample 2")
    page.get_by_role("article").nth(1).wait_for()
    page.keyboard.press("d")
    expect(page).to_have_url(re.compile(r"diff=run-"))
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(rf"/runs/{run}$"))


def test_samples_are_seen_beside_the_list_and_gone_through(watched: Watched, site: Site) -> None:
    page = watched.page
    run = run_of(site, "coding-demo", "hasty-1b")["id"]
    page.goto(f"/runs/{run}")
    rows = page.get_by_role("grid", name="Samples").get_by_role("row")
    expect(rows.nth(1)).to_be_visible()
    page.keyboard.press("p")
    beside = page.get_by_role("complementary", name="Sample beside the list")
    expect(beside).to_contain_text("Sample 1")
    expect(beside).to_contain_text("Here is a function that does it")
    for key in ("j", "j", "k"):
        page.keyboard.press(key)
    expect(beside).to_contain_text("Sample 2")
    expect(page).to_have_url(re.compile(r"peek=1"))
    page.reload()
    expect(beside).to_contain_text("Sample 2")
    expect(rows.nth(1)).to_be_visible()
    page.keyboard.press("j")
    expect(beside).to_contain_text("Sample 3")
    page.keyboard.press("Escape")
    expect(beside).to_have_count(0)
    rows.nth(5).get_by_role("button", name="Show beside the list").click()
    expect(beside).to_contain_text("Sample 5")
    expect(page).to_have_url(re.compile(f"/runs/{run}"))


def test_samples_are_gone_through_as_they_are_listed(watched: Watched, site: Site) -> None:
    page = watched.page
    run = run_of(site, "coding-demo", "hasty-1b")["id"]
    listed = site.get(f"/api/runs/{run}/samples?sort=latency&descending=true&slice=easy")["items"]
    page.goto(f"/runs/{run}?slice=easy&sort=latency&descending=true")
    page.get_by_role("grid", name="Samples").get_by_role("row").nth(2).click()
    expect(page.get_by_text(f"2 of {len(listed)} in the list")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Sample {listed[1]['position'] + 1}")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Sample {listed[2]['position'] + 1}")
    page.reload()
    expect(page.get_by_text(f"3 of {len(listed)} in the list")).to_be_visible()
    page.get_by_role("button", name="Previous").click()
    page.get_by_role("button", name="Previous").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Sample {listed[0]['position'] + 1}")
    expect(page.get_by_role("button", name="Previous")).to_be_disabled()
    page.get_by_role("link", name=re.compile("hasty-1b on")).click()
    expect(page).to_have_url(re.compile("slice=easy&sort=latency"))


def test_columns_are_chosen_and_stay_in_the_address(watched: Watched, site: Site) -> None:
    page = watched.page
    page.goto(f"/runs/{run_of(site, 'coding-demo', 'hasty-1b')['id']}")
    grid = page.get_by_role("grid", name="Samples")
    expect(grid.get_by_role("columnheader", name="Latency")).to_be_visible()
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("checkbox", name="Latency").uncheck()
    expect(grid.get_by_role("columnheader", name="Latency")).to_have_count(0)
    page.reload()
    expect(grid.get_by_role("columnheader", name="Cost")).to_be_visible()
    expect(grid.get_by_role("columnheader", name="Latency")).to_have_count(0)
    page.get_by_role("button", name="Columns").click()
    page.get_by_role("button", name="As usual").click()
    expect(grid.get_by_role("columnheader", name="Latency")).to_be_visible()


def test_filters_are_in_the_address_and_outlive_a_reload(watched: Watched, site: Site) -> None:
    page = watched.page
    run = run_of(site, "coding-demo", "steady-7b")["id"]
    page.goto(f"/runs/{run}")
    page.get_by_role("grid", name="Samples").get_by_role("link", name="1", exact=True).wait_for()
    page.keyboard.press("/")
    page.keyboard.type("is_even")
    expect(page).to_have_url(re.compile("q=is_even"))
    page.get_by_role("combobox", name="Verdict").or_(page.get_by_placeholder("Any verdict")).first.click()
    page.get_by_role("option", name=re.compile("passed")).click()
    expect(page).to_have_url(re.compile("label=passed"))
    rows = page.get_by_role("grid", name="Samples").get_by_role("row")
    expect(rows.filter(has_text="easy/is_even")).to_have_count(1)
    page.reload()
    expect(rows.filter(has_text="easy/is_even")).to_have_count(1)
    expect(page.get_by_label("Search prompts and answers")).to_have_value("is_even")
    rows.filter(has_text="easy/is_even").get_by_role("link").click()
    page.get_by_role("article").first.wait_for()
    page.keyboard.press("j")
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("q=is_even.*label=passed|label=passed.*q=is_even"))


def test_two_runs_are_compared_and_a_bar_narrows_the_table(watched: Watched, site: Site) -> None:
    page = watched.page
    runs = ",".join(run_of(site, "coding-demo", name)["id"] for name in ("steady-7b", "hasty-1b"))
    page.goto(f"/compare?runs={runs}")
    expect(page.get_by_text("worse").first).to_be_attached()
    rows = page.get_by_role("grid", name="Compared samples").get_by_role("row")
    page.keyboard.press("1")
    expect(page).to_have_url(re.compile("only=regressed"))
    page.get_by_role("list", name="Difference by slice").get_by_role("button", name=re.compile("^medium")).click()
    expect(page).to_have_url(re.compile("slice=medium"))
    expect(rows.filter(has_text="easy")).to_have_count(0)
    rows.nth(1).click()
    expect(page.get_by_role("article")).to_have_count(2)


def test_an_experiment_shows_how_the_figure_of_each_run_settled(watched: Watched, site: Site) -> None:
    page = watched.page
    experiment = run_of(site, "coding-demo", "steady-7b")["experiment_id"]
    page.goto(f"/experiments/{experiment}")
    curves = page.get_by_role("img", name="Mean of python-tests over the first answers")
    expect(curves).to_contain_text("steady-7b")
    expect(curves).to_contain_text("hasty-1b")
    # The legend says what stands under the pointer: near the right end, almost all 70 answers.
    drawn = curves.locator(".u-over")
    box = drawn.bounding_box()
    assert box is not None
    drawn.hover(position={"x": box["width"] - 2, "y": box["height"] / 2})
    expect(curves.get_by_role("row", name="answers")).to_contain_text("70")


def test_a_cell_of_who_said_what_is_in_the_address_and_leads_to_all_its_samples(watched: Watched, site: Site) -> None:
    page = watched.page
    page.goto(f"/judging/{run_of(site, 'coding-demo', 'rules', 'code-review')['id']}")
    page.get_by_role("button", name="rules said 0, python-tests said 0: 23").click()
    cell = page.get_by_role("grid", name="Where rules said 0 and python-tests said 0")
    expect(cell).to_have_attribute("aria-rowcount", "24")
    page.reload()
    expect(cell).to_have_attribute("aria-rowcount", "24")
    cell.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^Sample"))
    expect(page.get_by_role("article")).to_have_count(2)


def test_the_prompt_that_a_judge_was_asked_by_is_shown(watched: Watched, site: Site) -> None:
    page = watched.page
    page.goto(f"/judging/{run_of(site, 'coding-demo', 'reader', 'code-review')['id']}")
    prompt = page.get_by_role("region", name="Prompt in use")
    prompt.get_by_text("User", exact=True).click()
    expect(prompt.get_by_text("{inputs}")).to_be_visible()


def test_passages_that_a_verdict_is_about_are_marked(watched: Watched, site: Site) -> None:
    page = watched.page
    run = run_of(site, "coding-demo", "steady-7b")["id"]
    page.goto(f"/runs/{run}/samples/0/1")
    page.get_by_role("button", name="passage").first.click()
    expect(page.locator("article mark").first).to_have_text("It runs in *linear* time.")


def test_the_answer_in_which_passages_are_marked_is_shown_beside(watched: Watched, site: Site) -> None:
    page = watched.page
    run = run_of(site, "coding-demo", "hasty-1b")["id"]
    page.goto(f"/runs/{run}/samples/0/1?with=none")
    page.get_by_role("button", name="passage").first.wait_for()
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_role("button", name="passage").first.click()
    other = page.get_by_role("article", name="Answer of steady-7b")
    expect(other.locator("mark").first).to_have_text("It runs in *linear* time.")


def test_a_run_is_made_a_baseline_and_others_are_held_against_it(watched: Watched, site: Site) -> None:
    page = watched.page
    steady, hasty = (run_of(site, "coding-demo", name) for name in ("steady-7b", "hasty-1b"))
    page.goto(f"/runs/{steady['id']}")
    page.get_by_role("button", name="Set as baseline").click()
    watched.expected = ("400",)
    page.get_by_role("combobox", name="Name").fill("a.jsonl")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_text("is no name for a baseline")).to_be_visible()
    page.get_by_role("combobox", name="Name").fill("release")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_text("baseline release")).to_be_visible()
    page.goto(f"/experiments/{steady['experiment_id']}")
    expect(page.get_by_role("row", name="steady-7b").first).to_contain_text("baseline release")
    page.goto(f"/runs/{hasty['id']}")
    page.get_by_role("link", name="Compare with release").click()
    expect(page).to_have_url(re.compile(f"runs={steady['id']}.+{hasty['id']}"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(f"/runs/{steady['id']}")
    page.get_by_role("button", name="Set as baseline").click()
    page.get_by_role("button", name="Remove release (1 run)").click()
    expect(page.get_by_text("baseline release")).to_have_count(0)


def test_the_draws_of_a_vote_are_shown_with_what_each_comes_to(watched: Watched, site: Site) -> None:
    page = watched.page
    page.goto(f"/runs/{run_of(site, 'drawn', 'peggy')['id']}/samples/0/1?view=text")
    page.get_by_text("Draws (3): majority: 2 of 3").click()
    draws = page.get_by_role("article").locator("ol > li")
    expect(draws).to_have_count(3)
    expect(draws.first).to_contain_text("67 % of draws")
    expect(draws.filter(has_text="taken")).to_have_count(1)
    expect(page.get_by_text("I get \\boxed{42}.")).to_have_count(0)
    draws.filter(has_text="67 %").last.get_by_text("42").click()
    expect(page.get_by_text("I get \\boxed{42}.")).to_be_visible()


def test_keys_are_listed_and_lead_places(watched: Watched) -> None:
    page = watched.page
    page.goto("/runs")
    page.get_by_role("grid", name="Runs").wait_for()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog.get_by_text("Compare what is marked")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page).to_have_url(re.compile("/experiments$"))
    page.keyboard.press("Control+k")
    page.get_by_label("Find", exact=True).fill("coding-demo")
    page.get_by_role("button", name=re.compile("coding-demo")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("coding-demo")


def test_light_and_dark_are_chosen_and_kept(watched: Watched) -> None:
    page = watched.page
    page.goto("/settings")
    page.get_by_text("Dark", exact=True).click()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


def test_the_link_lets_one_in_once_and_a_viewer_may_only_look(browser: Browser, tmp_path: Path) -> None:
    with served(tmp_path) as site:
        assert site.link is not None
        with watching(browser, site) as watched:
            watched.expected = ("401", "403", "400")
            page = watched.page
            page.goto("/runs?status=failed")
            expect(page).to_have_url(re.compile("/login"))
            page.goto(site.link)
            page.get_by_role("button", name="Log in").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
            page.goto("/settings")
            users = page.get_by_role("region", name="Users")
            users.get_by_label("Name").fill("vera")
            users.get_by_role("textbox", name="Password").fill("a long enough password")
            users.get_by_role("button", name="Add").click()
            expect(users.get_by_text("vera")).to_be_visible()
        with watching(browser, site) as watched:
            watched.expected = ("401", "403")
            page = watched.page
            page.goto("/runs?status=failed")
            page.get_by_label("Name").fill("vera")
            page.get_by_role("textbox", name="Password").fill("wrong password, but long")
            page.get_by_role("button", name="Log in").click()
            expect(page.get_by_role("alert")).to_be_visible()
            page.get_by_role("textbox", name="Password").fill("a long enough password")
            page.get_by_role("button", name="Log in").click()
            expect(page).to_have_url(re.compile("status=failed"))
            page.goto("/settings")
            expect(page.get_by_role("region", name="API keys")).to_be_visible()
            expect(page.get_by_role("region", name="Users")).to_have_count(0)


def _write(page: Page, text: str) -> None:
    """A config, into the editor."""
    page.goto("/experiments/new?as=yaml")
    editor = page.get_by_role("textbox", name="Configuration")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)
    expect(page.get_by_text("slowly").first).to_be_visible()
