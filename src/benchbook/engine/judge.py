"""The engine of judge runs: a rubric filled in on the answers of another run, or on those of two.

What the judge wrote is the run's generation, in the place (sample, epoch) of the answer that it is about, so that a
judge run is resumed, cached, priced and limited like any other. Its scores are those of the answer that was judged.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import product

from pydantic import JsonValue

from benchbook import __version__
from benchbook.engine.budget import Expense
from benchbook.engine.cache import Recall, name_of
from benchbook.engine.flight import Landing, Work, flown
from benchbook.engine.judge_answers import Reading, read
from benchbook.engine.judge_prompts import Asker, digest_of, texts_of
from benchbook.engine.judge_rules import audit, review
from benchbook.engine.judge_verdicts import Ballot, decided, verdicts
from benchbook.engine.runtimes import Asking, Endpoint
from benchbook.engine.sample import describe
from benchbook.errors import Hopeless, PluginError, RuntimeFailed, SpecError
from benchbook.protocols import Context, Engine, Matter, Question, Runtime
from benchbook.records.events import RunEvent
from benchbook.records.generations import Generation
from benchbook.records.record import derived_id
from benchbook.records.runs import Run
from benchbook.records.scores import Score
from benchbook.registry import opened, register, vet
from benchbook.specs.judging import Judging
from benchbook.specs.models import GenerateConfig, Prompt
from benchbook.specs.outputs import Output, Usage
from benchbook.specs.spec import unchecked
from benchbook.specs.verdicts import Author, Verdict


@register("engine")
def judge() -> Engine:
    """Ask a judge about answers that are there."""
    return carry_out


async def carry_out(run: Run, context: Context) -> AsyncGenerator[Sequence[RunEvent], None]:
    """The events of the run: its judge, and every answer that is not judged yet."""
    async with _opened_bench(run, context) as bench:
        facts = {f"model.{name}": str(value) for name, value in bench.endpoint.runtime.facts.items()}
        known: dict[str, JsonValue] = {"cache": name_of(bench.recall.source)} if bench.recall else {}
        yield [RunEvent.of(run, "parts_ready", {**facts, **known}, context.now()), *_warnings(run, context, bench)]
        async with aclosing(flown(run, context, bench.endpoint, _todo(run, context, bench))) as batches:
            async for batch in batches:
                yield batch


@dataclass(frozen=True)
class _Bench:
    """What a judge run works with, open and ready."""

    judging: Judging
    endpoint: Endpoint
    recall: Recall | None
    asker: Asker
    config: GenerateConfig
    """What is asked for besides the run's own parameters: the schema, where the runtime heeds one."""


@asynccontextmanager
async def _opened_bench(run: Run, context: Context) -> AsyncIterator[_Bench]:
    judging = run.spec.judging
    if judging is None:
        raise PluginError("the engine `judge` carries out runs that judge; this one says nothing of `judging`")
    async with opened("runtime", run.spec.model.runtime) as runtime:
        endpoint = Endpoint.of(runtime, run.spec, answered=bool(context.done))
        asker = Asker(judging, endpoint.prompt_style)
        yield _Bench(
            judging, endpoint, Recall.of(context.cache, run.spec.model, runtime), asker, _config(run, runtime, asker)
        )


def _config(run: Run, runtime: Runtime, asker: Asker) -> GenerateConfig:
    """The schema, if the runtime can bind an answer to it."""
    bound = GenerateConfig(json_schema=asker.schema)
    if not asker.judging.constrained or runtime.author != "model":
        return GenerateConfig()
    try:
        vet(run.spec.model.runtime, bound.over(run.spec.generate), asker.style)
    except SpecError:
        return GenerateConfig()
    return bound


async def _todo(run: Run, context: Context, bench: _Bench) -> AsyncGenerator[Work, None]:
    if context.matters is None:
        raise PluginError("the engine `judge` was given nothing to judge")
    async for matter in context.matters:
        if (matter.sample.id, matter.epoch) not in context.done:
            yield Work(matter.sample, matter.epoch, partial(_judged, run, matter, bench, context))


async def _judged(run: Run, matter: Matter, bench: _Bench, context: Context, expense: Expense) -> Landing:
    """What the judge wrote about the matter, or why it did not, and the scores that follow from it."""
    asked = _Asked(run, matter, bench, expense)
    try:
        ballots, error = await asked.ballots(), None
    except Hopeless:
        raise
    except Exception as err:  # noqa: BLE001 - a runtime is anyone's code, and one sample never stops a run
        ballots, error = [], describe(err)
    finally:
        expense.close()
    generation = Generation(
        id=Generation.id_for(run.id, matter.sample.id, matter.epoch),
        created_at=context.now(),
        run_id=run.id,
        sample_id=matter.sample.id,
        epoch=matter.epoch,
        prompt=asked.prompt,
        output=None if error else asked.output(ballots),
        cost=expense.cost(run.spec.price),
        error=error,
    )
    return generation, () if error else tuple(_scores(run, matter, ballots, bench, context))


class _Asked:
    """The questions about one matter, and what was said to them."""

    def __init__(self, run: Run, matter: Matter, bench: _Bench, expense: Expense) -> None:
        self._run, self._matter, self._bench, self._expense = run, matter, bench, expense
        self.prompt: Prompt = ""
        """What was asked first; kept with the generation."""
        self._said: dict[tuple[bool, int], str] = {}
        self._outputs: list[Output] = []

    async def ballots(self) -> list[Ballot]:
        """Every vote in every order, asked at once; RuntimeFailed if one of them was not answered."""
        self._see_to_answers()
        judging = self._bench.judging
        places = [*product(judging.orders_asked, range(1, judging.votes + 1))]
        if len(places) == 1:
            return [await self._ballot(*places[0])]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._alone(swapped, vote)) for swapped, vote in places]
        told = [task.result() for task in tasks]
        for each in told:
            if isinstance(each, Exception):
                raise each
        return [each for each in told if isinstance(each, Ballot)]

    def output(self, ballots: Sequence[Ballot]) -> Output:
        """All that was said, as one output."""
        if len(self._outputs) == 1:
            return self._outputs[0]
        usage = Usage()
        for ballot in ballots:
            usage = usage.plus(ballot.usage)
        texts = [self._said[ballot.swapped, ballot.vote] for ballot in ballots]
        if len(texts) > 1:
            orders = [("second answer first" if ballot.swapped else "first answer first") for ballot in ballots]
            heads = [f"=== {order}, vote {ballot.vote}" for order, ballot in zip(orders, ballots, strict=True)]
            texts = [f"{head}\n{text}" for head, text in zip(heads, texts, strict=True)]
        return Output(
            text="\n\n".join(texts),
            stop_reason="stop",
            usage=usage,
            latency=Output.took(ballot.latency for ballot in ballots),
            cached=all(ballot.cached for ballot in ballots),
        )

    def _see_to_answers(self) -> None:
        for run_id, answer in zip(self._bench.judging.reads, self._matter.answers, strict=True):
            if answer is None or answer.output is None:
                raise RuntimeFailed(f"there is nothing to judge: run {run_id} has no answer to this sample")
        told = {score.run_id for score in self._matter.opinions}
        for run_id in self._bench.judging.panel:
            if run_id not in told:
                raise RuntimeFailed(f"the panel is not complete: the judge run {run_id} has no verdict on this sample")

    async def _alone(self, swapped: bool, vote: int) -> Ballot | Exception:  # noqa: FBT001 - of a product
        """The ballot, or what was raised, so that the others are told why, and not that they were cancelled."""
        try:
            return await self._ballot(swapped, vote)
        except Exception as err:  # noqa: BLE001 - raised again by who waits for all
            return err

    async def _ballot(self, swapped: bool, vote: int) -> Ballot:  # noqa: FBT001 - of a product
        bench, matter = self._bench, self._matter
        question = Question(matter, bench.judging.rubric, swapped, vote)
        # Each vote has a seed, and a place in the cache, of its own.
        asking = Asking(bench.endpoint, matter.sample.key, vote, bench.recall, expense=self._expense, question=question)
        prompt = bench.asker.prompt(question)
        self.prompt = self.prompt or prompt
        texts = texts_of(question)
        # Code obeys nobody, and quotes only what it means to: what it writes could be foreseen, but not forged.
        material = [] if bench.endpoint.runtime.author == "code" else bench.asker.shown(question)
        outputs = [await asking(prompt, bench.config, shared=bench.asker.shared)]
        reading = read(outputs[0].text, bench.judging.rubric, texts, material)
        if reading.errors and bench.judging.repair and bench.endpoint.runtime.mends:
            again = bench.asker.repair(prompt, outputs[0].text, reading.told)
            outputs.append(await asking(again, bench.config, shared=bench.asker.shared))
            reading = _better(reading, read(outputs[1].text, bench.judging.rubric, texts, material))
        self._outputs += outputs
        self._said[swapped, vote] = "\n\n--- asked once more:\n".join(output.text for output in outputs)
        return self._counted(question, digest_of(prompt), reading, outputs)

    def _counted(self, question: Question, prompt: str, reading: Reading, outputs: Sequence[Output]) -> Ballot:
        usage, expense = Usage(), Expense()
        for output in outputs:
            usage = usage.plus(output.usage)
            expense.answered("", output)
        return Ballot(
            swapped=question.swapped,
            vote=question.vote,
            reading=reading,
            prompt=prompt,
            usage=usage,
            cost=expense.cost(self._run.spec.price),
            latency=Output.took(output.latency for output in outputs),
            cached=all(output.cached for output in outputs),
            repairs=len(outputs) - 1,
            constrained=self._bench.config.json_schema is not None,
        )


def _better(first: Reading, second: Reading) -> Reading:
    """The one in which less is wrong. What is wrong with both is told."""
    if not second.errors or len(second.items) >= len(first.items):
        return second
    return first


def _scores(run: Run, matter: Matter, ballots: Sequence[Ballot], bench: _Bench, context: Context) -> list[Score]:
    judging, author = bench.judging, bench.endpoint.runtime.author
    found = decided(ballots, judging)
    checked = audit(found, matter, judging.rubric)
    own = verdicts(found, ballots, judging)
    ours = [review(found, ballots, matter, judging, author), *([checked] if checked else [])]
    name, version = run.spec.model.name, _version(run, author)
    now = context.now()
    return [
        *(_score(run, matter, verdict, (author, name, version), now) for verdict in own),
        *(_score(run, matter, verdict, ("code", "judge-rules", __version__), now) for verdict in ours),
    ]


def _version(run: Run, author: Author) -> str:
    """What tells the judge from another of its name: the model that it is, or our own version."""
    return run.spec.model.model if author == "model" else __version__


def _score(run: Run, matter: Matter, verdict: Verdict, who: tuple[Author, str, str], now: datetime) -> Score:
    first, *others = [answer.id for answer in matter.answers if answer]
    author, author_id, author_version = who
    # Not checked: all of it is ours, and an answer has as many scores as its rubric has items.
    return unchecked(
        Score,
        id=derived_id("score", run.id, first, *others, verdict.name),
        created_at=now,
        run_id=run.id,
        generation_id=first,
        other_generation_id=others[0] if others else None,
        rubric=run.spec.judging.rubric.version if run.spec.judging else None,
        author=author,
        author_id=author_id,
        author_version=author_version,
        verdict=verdict,
        supersedes=None,
    )


def _warnings(run: Run, context: Context, bench: _Bench) -> list[RunEvent]:
    """What makes opinions worthless, and is easily overlooked."""
    found = []
    if bench.judging.votes > 1 and run.spec.generate.temperature == 0 and bench.endpoint.runtime.samples:
        found.append(
            f"{run.spec.model.name} votes {bench.judging.votes} times at temperature 0: every vote will be the same. "
            "Set `generate: {temperature: 0.7}` for the judge, or leave votes at 1."
        )
    return RunEvent.warnings(run, found, context.now())
