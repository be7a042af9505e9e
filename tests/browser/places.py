"""The addresses of the demonstration store's pages."""

from typing import Any

from browser.conftest import Site


def run_of(site: Site, experiment: str, model: str, rubric: str | None = None) -> dict[str, Any]:
    """The run of a model in an experiment, or of a judge with a rubric."""
    rows = site.get("/api/runs?limit=200")["items"]
    wanted = (experiment, model, rubric)
    return next(row for row in rows if (row["experiment"], row["model"], row["rubric"]) == wanted)


def review_of(site: Site, name: str) -> str:
    """The address of a review of the demonstration store."""
    rows = site.get("/api/reviews?limit=200")["items"]
    return next(f"/reviews/{row['id']}" for row in rows if row["name"] == name)


def pages_of(site: Site) -> list[str]:
    """One address of every page, and of every tab."""
    steady, hasty = (run_of(site, "coding-demo", name) for name in ("steady-7b", "hasty-1b"))
    judge = run_of(site, "coding-demo", "rules", "code-review")
    fragile, small = run_of(site, "with-failures", "fragile"), run_of(site, "sums", "small")
    run = f"/runs/{steady['id']}"
    sample = f"/runs/{hasty['id']}/samples/3/1"
    return [
        *("/", "/experiments", f"/experiments/{steady['experiment_id']}", "/runs", run),
        *(f"{run}?tab={tab}" for tab in ("metrics", "environment", "spec")),
        f"{run}?peek=1/1&columns=output,latency",
        f"/runs/{fragile['id']}?tab=failures",
        *(sample, f"{sample}?view=code", f"{sample}?view=code&diff={steady['id']}"),
        f"/runs/{small['id']}/samples/1/1",
        f"/runs/{run_of(site, 'drawn', 'peggy')['id']}/samples/0/1",
        *("/compare", f"/compare?runs={steady['id']},{hasty['id']}"),
        *("/judging", f"/judging/{judge['id']}"),
        *(f"/data?tab={tab}" for tab in ("datasets", "tasks", "rubrics", "models", "plugins", "presets", "prompts")),
        f"/data/datasets/{steady['dataset_id']}?sample=1",
        *("/experiments/new", "/experiments/new?as=yaml"),
        f"/preferences?runs={steady['id']},{hasty['id']}",
        *("/reviews", "/reviews/new", "/reviews/new?as=yaml", review_of(site, "pairs")),
        *(f"{review_of(site, name)}/work" for name in ("pairs", "sums")),
        *(f"{review_of(site, 'pairs')}/disputes", "/settings", "/nowhere"),
    ]
