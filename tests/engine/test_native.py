"""The loop: bounded, resumable, and deaf to the failures of single samples."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from benchbook.engine.native import carry_out
from benchbook.errors import RuntimeFailed, SpecError
from benchbook.protocols import Context, Generate, Request, Runtime, Scorer, Solver
from benchbook.records.datasets import Sample
from benchbook.records.events import RunEvent
from benchbook.records.generations import Generation
from benchbook.records.runs import Run
from benchbook.registry import register
from benchbook.specs.experiments import RunSettings, RunSpec
from benchbook.specs.models import GenerateConfig, ModelSpec, Price
from benchbook.specs.outputs import Likelihood, Output, Usage
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use
from benchbook.specs.verdicts import Verdict
from engine.samples import NOW, Stored, samples_of

asked: list[Request] = []
busy: list[int] = []


@register("runtime", "scripted")
def scripted(
    model: str, transient: int = 0, slots: int | None = None, style: str = "chat", weighs: bool = True
) -> Runtime:
    """Answers with the prompt; `bad` fails for good, and the first `transient` requests fail for a while."""
    failures = iter(range(transient))
    working: list[str] = []

    async def generate(request: Request) -> Output:
        asked.append(request)
        working.append(request.sample)
        busy.append(len(working))
        await asyncio.sleep(0.001)
        working.remove(request.sample)
        if next(failures, None) is not None:
            raise RuntimeFailed("busy", transient=True, retry_after=0)
        if request.prompt == "bad":
            raise RuntimeFailed("refused", transient=False)
        used = Usage(input_tokens=10, output_tokens=3, cache_read_tokens=7, cache_write_tokens=1)
        return Output(text=str(request.prompt), usage=used)

    async def loglikelihood(context: str, continuation: str) -> Likelihood:
        if next(failures, None) is not None:
            raise RuntimeFailed("busy", transient=True, retry_after=0)
        return Likelihood(logprob=-float(len(context)), tokens=len(continuation), greedy=False)

    return Runtime(
        generate,
        prompt_style="completion" if style == "completion" else "chat",
        slots=slots,
        loglikelihood=loglikelihood if weighs else None,
    )


@register("solver", "weighing")
def weighing() -> Solver:
    """Weighs the word `yes`."""

    async def solve(sample: Sample, generate: Generate) -> Output:
        weight = await generate.loglikelihood(str(sample.row.input), "yes")
        return Output(text="yes", likelihoods=(weight,))

    return solve


@register("solver", "plainly")
def plainly() -> Solver:
    async def solve(sample: Sample, generate: Generate) -> Output:
        return await generate(sample.row.input)

    return solve


@register("solver", "three-times")
def three_times() -> Solver:
    async def solve(sample: Sample, generate: Generate) -> Output:
        return [await generate(sample.row.input) for _ in range(3)][-1]

    return solve


@register("scorer", "says-yes")
def says_yes() -> Scorer:
    return lambda sample, generation: Verdict(value=1.0, label="yes")


@dataclass(frozen=True)
class Equipped:
    """A scorer that runs on something."""

    facts: Mapping[str, str]

    def __call__(self, sample: Sample, generation: Generation) -> Verdict:
        return Verdict(value=1.0)


@register("scorer", "equipped")
def equipped() -> Scorer:
    return Equipped({"sandbox": "ns"})


@register("scorer", "always-raises")
def always_raises() -> Scorer:
    def score(sample: Sample, generation: Generation) -> Verdict:
        raise ZeroDivisionError("oops")

    return score


@register("solver", "cancelled")
def cancelled() -> Solver:
    """Waits for something that others have cancelled."""

    async def solve(sample: Sample, generate: Generate) -> Output:
        asyncio.get_running_loop().call_later(0.001, (future := asyncio.Future[Output]()).cancel)
        return await future

    return solve


@register("solver", "giving")
def giving(what: str) -> Solver:
    async def solve(sample: Sample, generate: Generate) -> Any:
        return {"text": "yes", "nothing": None}[what]

    return solve


@register("scorer", "giving")
def giving_scorer(what: str) -> Scorer:
    def score(sample: Sample, generation: Generation) -> Any:
        return {"text": "yes", "nothing": None, "numbers": [1.0, 0.0], "number": 1.0}[what]

    return score


@register("scorer", "cancelled")
def cancelled_scorer() -> Scorer:
    async def score(sample: Sample, generation: Generation) -> Verdict:
        raise asyncio.CancelledError

    return score


@pytest.fixture(autouse=True)
def forget() -> None:
    asked.clear()
    busy.clear()


def run_of(
    model: ModelSpec = ModelSpec(model="scripted/x"),
    scorers: Sequence[str] = ("says-yes",),
    epochs: int = 1,
    solver: str = "plainly",
    price: Price = Price(input=1_000_000, output=2_000_000),
    **settings: Any,
) -> Run:
    spec = RunSpec(
        model=model,
        task=TaskSpec(
            name="t",
            dataset=Use(name="none"),
            solver=Use(name=solver),
            scorers=tuple(Use(name=name) for name in scorers),
            epochs=epochs,
        ),
        settings=RunSettings(**settings),
        price=price,
    )
    return Run(
        id="run-1",
        created_at=NOW,
        experiment_id="exp-1",
        position=0,
        spec=spec,
        fingerprint="",
        dataset_id="d",
        total=9,
    )


def of_task(**changes: Any) -> Run:
    """A run of a task that is otherwise in this."""
    run = run_of()
    task = run.spec.task.model_copy(update=changes)
    return run.model_copy(update={"spec": run.spec.model_copy(update={"task": task})})


def events_of(
    run: Run,
    samples: Sequence[Sample],
    done: frozenset[tuple[str, int]] = frozenset(),
    watch: Callable[[Sequence[RunEvent], asyncio.Event], None] = lambda events, stop: None,
) -> list[RunEvent]:
    async def collect() -> list[RunEvent]:
        stop = asyncio.Event()
        found: list[RunEvent] = []
        async for events in carry_out(run, Context(Stored(samples), done, lambda: NOW, stop)):
            found.extend(events)
            watch(events, stop)
        return found

    return asyncio.run(collect())


def finished(events: Sequence[RunEvent]) -> list[RunEvent]:
    return [event for event in events if event.kind == "sample_done"]


def test_every_sample_is_asked_once_an_epoch_and_scored() -> None:
    done = finished(events_of(run_of(epochs=2), samples_of("a", "b", "c")))
    assert sorted((e.subject, e.generation.epoch) for e in done if e.generation) == [
        (key, epoch) for key in ("k0", "k1", "k2") for epoch in (1, 2)
    ]
    assert all(score.value == 1.0 for event in done for score in event.scores)


def test_each_epoch_has_its_own_seed() -> None:
    events_of(run_of(epochs=3, seed=10), samples_of("a"))
    assert [request.config.seed for request in asked] == [10, 11, 12]


def test_each_draw_of_a_sample_has_its_own_seed_and_epochs_share_none() -> None:
    events_of(
        run_of(solver="three-times", epochs=2, seed=10, generate=GenerateConfig(temperature=0.7)), samples_of("a")
    )
    seeds = [request.config.seed for request in asked]
    assert (len(seeds), len(set(seeds)), seeds[0]) == (6, 6, 10)


def test_what_is_asked_again_at_temperature_0_is_asked_the_same() -> None:
    events_of(run_of(solver="three-times", seed=10), samples_of("a"))
    assert [request.config.seed for request in asked] == [10, 10, 10]


def test_what_is_stored_is_not_asked_again() -> None:
    done = finished(events_of(run_of(), samples_of("a", "b"), frozenset({("s0", 1)})))
    assert [event.subject for event in done] == ["k1"]


def test_a_sample_that_fails_is_data_and_stops_nothing() -> None:
    done = {event.subject: event for event in finished(events_of(run_of(), samples_of("a", "bad", "c")))}
    failed = done["k1"]
    assert failed.generation is not None
    assert (failed.generation.output, failed.generation.error, failed.scores) == (None, "refused", ())
    assert len(done) == 3


def test_a_failing_scorer_leaves_an_error_not_a_zero() -> None:
    [event] = finished(events_of(run_of(scorers=["says-yes", "always-raises"]), samples_of("a")))
    by_name = {score.name: score.verdict for score in event.scores}
    assert by_name["always-raises"] == Verdict(name="always-raises", error="ZeroDivisionError: oops")
    assert by_name["says-yes"].value == 1.0


@pytest.mark.parametrize(("what", "kind"), [("text", "a value of type str"), ("nothing", "nothing")])
def test_a_solver_that_gives_something_else_fails_its_sample(what: str, kind: str) -> None:
    [event] = finished(events_of(of_task(solver=Use(name="giving", args={"what": what})), samples_of("a")))
    assert event.generation is not None
    assert event.generation.error == f"the solver gave {kind}, not an Output"


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("text", "a value of type str"),
        ("nothing", "nothing"),
        ("numbers", "a value of type float"),
        ("number", "a value of type float"),
    ],
)
def test_a_scorer_that_gives_something_else_leaves_an_error(what: str, kind: str) -> None:
    [event] = finished(events_of(of_task(scorers=(Use(name="giving", args={"what": what}),)), samples_of("a")))
    [score] = event.scores
    assert score.verdict.error == f"the scorer 'giving' gave {kind}, not a Verdict"


def test_what_a_plugin_waited_for_and_others_cancelled_ends_no_run() -> None:
    unasked = finished(events_of(run_of(solver="cancelled"), samples_of("a", "b")))
    assert [event.generation.error for event in unasked if event.generation] == ["CancelledError: "] * 2
    [event] = finished(events_of(run_of(scorers=["cancelled", "says-yes"]), samples_of("a")))
    assert [score.verdict.error for score in event.scores] == ["CancelledError: ", None]


def test_a_failure_that_passes_is_tried_again() -> None:
    model = ModelSpec(model="scripted/x", args={"transient": 2})
    [event] = finished(events_of(run_of(model), samples_of("a")))
    assert event.generation is not None
    assert event.generation.output is not None
    assert len(asked) == 3


def test_no_more_samples_are_in_flight_than_allowed() -> None:
    """In flight: begun, and its event not yet taken by the consumer."""
    begun_at_each_batch: list[int] = []
    taken: list[RunEvent] = []

    def watch(events: Sequence[RunEvent], stop: asyncio.Event) -> None:
        begun_at_each_batch.append(len(asked) - len(finished(taken)))
        taken.extend(events)

    events_of(run_of(concurrency=3), samples_of(*"abcdefghijklmnop"), watch=watch)
    assert 3 <= max(begun_at_each_batch) <= 6
    assert max(busy) == 3


def test_a_runtime_with_fewer_slots_is_never_asked_more_at_once() -> None:
    model = ModelSpec(model="scripted/x", args={"slots": 2})
    events_of(run_of(model, concurrency=8), samples_of(*"abcdefgh"))
    assert max(busy) == 2


def test_stopping_finishes_what_is_in_flight_and_begins_nothing_new() -> None:
    def watch(events: Sequence[RunEvent], stop: asyncio.Event) -> None:
        if finished(events):
            stop.set()

    done = finished(events_of(run_of(concurrency=2), samples_of(*"abcdefgh"), watch=watch))
    assert 2 <= len(done) <= 6
    assert len(asked) == len(done)


def test_what_scorers_run_on_is_told_before_the_first_sample() -> None:
    [ready, *_] = events_of(run_of(scorers=("says-yes", "equipped")), samples_of("a"))
    assert (ready.kind, ready.body) == ("parts_ready", {"sandbox": "ns"})


def test_cost_follows_the_price_per_million_tokens() -> None:
    [event] = finished(events_of(run_of(), samples_of("a")))
    assert event.generation is not None
    assert event.generation.cost == 10 * 1 + 3 * 2


def test_what_the_backend_had_in_its_cache_has_a_price_of_its_own() -> None:
    price = Price(input=1_000_000, output=2_000_000, cache_read=100_000, cache_write=1_250_000)
    [event] = finished(events_of(run_of(price=price), samples_of("a")))
    assert event.generation is not None
    assert event.generation.cost == pytest.approx(2 * 1 + 7 * 0.1 + 1 * 1.25 + 3 * 2)


def test_a_solver_can_weigh_a_continuation_with_all_the_patience_of_a_question() -> None:
    model = ModelSpec(model="scripted/x", args={"transient": 2})
    [event] = finished(events_of(run_of(model, solver="weighing"), samples_of("four")))
    assert event.generation is not None
    assert event.generation.output is not None
    [likelihood] = event.generation.output.likelihoods
    assert likelihood.latency > 0
    assert likelihood == Likelihood(logprob=-4.0, tokens=3, greedy=False, latency=likelihood.latency)
    assert event.generation.prompt == "four"


def test_a_runtime_that_cannot_weigh_says_so() -> None:
    model = ModelSpec(model="scripted/x", args={"weighs": False})
    [event] = finished(events_of(run_of(model, solver="weighing"), samples_of("a")))
    assert event.generation is not None
    assert "the runtime scripted gives no log-likelihoods" in str(event.generation.error)


def test_a_base_model_asked_by_chat_is_warned_about() -> None:
    model = ModelSpec(model="scripted/x", args={"style": "completion"}, prompt_style="chat")
    warnings = [event for event in events_of(run_of(model), samples_of("a")) if event.kind == "warning"]
    assert "no chat template" in str(warnings[0].body["message"])


def test_asking_again_at_temperature_0_is_warned_about() -> None:
    warnings = [event for event in events_of(run_of(epochs=2), samples_of("a")) if event.kind == "warning"]
    assert "pass@k means nothing" in str(warnings[0].body["message"])
    warm = ModelSpec(model="scripted/x", generate=GenerateConfig(temperature=0.8))
    assert [e for e in events_of(run_of(warm, epochs=2), samples_of("a")) if e.kind == "warning"] == []


def test_an_unknown_plugin_is_named_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="unknown runtime 'scriptd'; did you mean 'scripted'"):
        events_of(run_of(ModelSpec(model="scriptd/x")), samples_of("a"))
