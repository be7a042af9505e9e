"""Several draws of a sample, from the config to the stored answer: by a scripted model, a server, and real weights."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from benchbook import Output, evaluate_async, settings
from benchbook.records.generations import Generation
from benchbook.service.experiments import Evaluation
from benchbook.settings import Settings
from benchbook.store import views
from benchbook.store.store import Store
from plugins.runtimes.servers import served

CONFIG = """\
name: votes
models: [{model}]
tasks:
  - name: sums
    dataset: {{jsonl: {{file: {data}}}}}
    solver: {solver}
    scorers: [exact-match]
{run}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BENCHBOOK_HOME", str(tmp_path / "home"))
    return tmp_path


async def evaluated(home: Path, model: str, solver: str, samples: int = 1, run: str = "") -> Evaluation:
    data = home / "sums.jsonl"
    data.write_text(
        "".join(
            json.dumps({"input": f"What is {n} + {n}?", "target": str(2 * n)}) + "\n" for n in range(2, 2 + samples)
        )
    )
    path = home / "votes.yaml"
    path.write_text(CONFIG.format(model=model, data=data, solver=solver, run=run))
    return await evaluate_async(path)


def generations(evaluation: Evaluation) -> list[Generation]:
    place = settings.load()
    with Store.open(place.database_url, place.blobs) as store:
        return [generation for _, generation, _ in views.generations(store, evaluation.runs[0].id)]


def outputs(evaluation: Evaluation) -> list[Output]:
    found = [generation.output for generation in generations(evaluation)]
    assert all(found)
    return [output for output in found if output]


def figures(evaluation: Evaluation) -> dict[str, float | None]:
    [metrics] = evaluation.metrics.values()
    return {metric.name: metric.value for metric in metrics if not metric.slice}


def test_the_majority_of_a_scripted_model_is_scored_and_kept(home: Path) -> None:
    model = "{model: mock/m, args: {replies: ['It is 5.', 'It is 4.', 'The answer is 4']}}"
    evaluation = asyncio.run(evaluated(home, model, "{majority-vote: 3}"))
    [output] = outputs(evaluation)
    assert (output.answer, output.answer_rule) == ("4", "majority: 2 of 3")
    assert [draw.text for draw in output.draws] == ["It is 5.", "It is 4.", "The answer is 4"]
    assert figures(evaluation)["pass_rate"] == 1.0
    assert figures(evaluation)["output_tokens"] == 3 + 3 + 4


def test_a_server_is_asked_with_another_seed_for_each_draw_and_what_is_known_is_not_asked_again(home: Path) -> None:
    asked: list[dict[str, Any]] = []

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        if "seed" in body:  # others only look whether the server is there
            asked.append(body)
        text = ["no idea", "4", "so: 4"][(len(asked) - 1) % 3]
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return web.json_response({"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 3}})

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "m"}]})

    app = web.Application()
    app.router.add_post("/v1/chat/completions", answer)
    app.router.add_get("/v1/models", models)
    solver = "{majority-vote: {n: 3, extract: number, temperature: 0.8}}"
    with served(app) as address:
        model = f"{{model: openai-compatible/m, args: {{base_url: '{address}/v1'}}}}"
        first, second = (asyncio.run(evaluated(home, model, solver)) for _ in range(2))
    assert [body["temperature"] for body in asked] == [0.8, 0.8, 0.8]
    assert len({body["seed"] for body in asked}) == 3
    [output], [again] = outputs(first), outputs(second)
    assert (output.answer, output.answer_rule, output.usage.input_tokens) == ("4", "majority: 2 of 3", 27)
    assert again == output.model_copy(
        update={"cached": True, "latency": again.latency, "first_token": again.first_token}
    )


def test_a_draw_that_fails_is_an_error_not_a_vote(home: Path) -> None:
    model = "{model: mock/m, args: {replies: '4', fail: [{call: 2, transient: false}]}}"
    [generation] = generations(asyncio.run(evaluated(home, model, "{majority-vote: 3}")))
    assert generation.output is None
    assert generation.error


@pytest.fixture
def weights(home: Path, embedded_model_home: Settings) -> Path:
    """A home of its own, with the developer's weights."""
    (home / "home").mkdir()
    (home / "home" / "models").symlink_to(embedded_model_home.models)
    return home


def test_a_real_models_draws_differ_and_the_likeliest_is_taken(weights: Path) -> None:
    model, run = "llamacpp/smollm2-135m", "run: {generate: {max_tokens: 12}}"
    voted = asyncio.run(evaluated(weights, model, "{majority-vote: {n: 4, extract: number}}", 2, run))
    best = asyncio.run(evaluated(weights, model, "{best-of-n: {n: 4}}", 2, run))
    for output in [*outputs(voted), *outputs(best)]:
        assert len(output.draws) == 4
        assert len({draw.text for draw in output.draws}) > 1
        assert sum(draw.chosen for draw in output.draws) == 1
        assert output.usage.output_tokens > 12
    for output in outputs(best):
        worth = [draw.worth or 0.0 for draw in output.draws]
        assert worth[[draw.chosen for draw in output.draws].index(True)] == max(worth) < 0


def test_models_vote_together(home: Path) -> None:
    members = [{"model": f"mock/{name}", "args": {"replies": name}} for name in ("4", "5", "4.0")]
    jury = json.dumps({"model": "ensemble/jury", "args": {"models": members}})
    done = asyncio.run(evaluated(home, jury, "{majority-vote: {n: 3, extract: number}}"))
    [output] = outputs(done)
    assert (output.answer, output.answer_rule) == ("4", "majority: 2 of 3")
    assert [draw.text for draw in output.draws] == ["4", "5", "4.0"]
