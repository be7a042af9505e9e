import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from benchbook.records.artifacts import Artifact
from benchbook.records.metrics import Metric
from benchbook.records.runs import Experiment
from benchbook.specs.datasets import Row
from benchbook.specs.outputs import Alternative, Output
from benchbook.specs.verdicts import Span, Verdict
from benchbook.store import views
from benchbook.store.columns import AnyText, JsonText, UtcTime
from benchbook.store.store import Store
from store.planned import NOW, SPEC, answered, data, event, failed, rows, running

HOSTILE = "nul \0, lone \ud800 and \udfff, \\u0000 \\ \\\\, 'quote\" \x1b[31m \u202e \U0001f600 \ufeff\n\r\t\x7f end"
WITHOUT_SURROGATES = HOSTILE.replace("\ud800", "").replace("\udfff", "")


def test_hostile_text_in_an_answer_comes_back_as_it_was(store: Store) -> None:
    run, [sample] = running(store, rows(1))
    brought = answered(run, sample)
    assert brought.generation is not None
    output = Output(text=HOSTILE, answer=HOSTILE, answer_rule=HOSTILE, latency=0.1)
    generation = brought.generation.model_copy(update={"prompt": HOSTILE, "output": output})
    verdict = Verdict(
        name=HOSTILE,
        value=0.1,
        label=HOSTILE,
        explanation=HOSTILE,
        spans=(Span(start=0, end=1, note=HOSTILE),),
        trace={HOSTILE: [HOSTILE, {HOSTILE: [1, 1.5, True, None]}]},
    )
    score = brought.scores[0].model_copy(update={"verdict": verdict, "author_id": HOSTILE, "author_version": HOSTILE})
    store.record(run, [brought.model_copy(update={"generation": generation, "scores": (score,)})])
    assert list(views.generations(store, run.id)) == [(sample, generation, (score,))]
    assert [(each.name, each.label) for each in views.scores(store, run.id)] == [(HOSTILE, HOSTILE)]


def test_hostile_text_in_events_and_errors_comes_back_as_it_was(store: Store) -> None:
    run, [sample] = running(store, rows(1))
    happened = event(run, HOSTILE, body={HOSTILE: [HOSTILE, None]})
    store.record(run, [happened, failed(run, sample, HOSTILE)])
    store.update_run(run.model_copy(update={"error": HOSTILE, "environment": {HOSTILE: HOSTILE}}))
    assert views.events_after(store, run.id)[0] == (1, happened)
    assert [generation.error for _, generation, _ in views.generations(store, run.id)] == [HOSTILE]
    assert views.run(store, run.id).error == HOSTILE
    assert views.run(store, run.id).environment == {HOSTILE: HOSTILE}


def test_hostile_text_in_a_data_set_comes_back_as_it_was(store: Store) -> None:
    row = Row(
        key=WITHOUT_SURROGATES,
        input=HOSTILE,
        target={HOSTILE: [HOSTILE]},
        choices=(HOSTILE,),
        slices=(HOSTILE,),
        tags=(HOSTILE,),
        metadata={HOSTILE: HOSTILE},
    )
    dataset, samples = data([row], name=HOSTILE)
    store.add_dataset(dataset, samples)
    assert views.dataset(store, dataset.id) == dataset
    assert list(views.samples_of(store, dataset.id, slices=[HOSTILE])) == samples


def test_hostile_names_of_files_and_figures_come_back_as_they_were(store: Store) -> None:
    run, _ = running(store, rows(1))
    metric = Metric(id="metric-1", created_at=NOW, run_id=run.id, name=f"label.{HOSTILE}", slice=HOSTILE, value=1, n=1)
    artifact = Artifact(
        id="file-1",
        created_at=NOW,
        experiment_id=run.experiment_id,
        name=HOSTILE,
        media_type=HOSTILE,
        sha256="0" * 64,
        size=1,
    )
    store.save_metrics(run.id, [metric])
    store.add_artifact(artifact)
    assert views.metrics_of(store, run.id) == [metric]
    assert views.artifacts_of(store, run.experiment_id) == [artifact]


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_kept_without_loss_and_without_what_databases_refuse(text: str) -> None:
    column, dialect = AnyText(), sqlite.dialect()
    kept = column.process_bind_param(text, dialect)
    assert kept is not None
    assert "\0" not in kept
    kept.encode()
    assert column.process_result_value(kept, dialect) == text


_PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=())),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=()), max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(_PLAIN)
def test_any_body_is_kept_as_ascii_and_without_loss(body: Any) -> None:
    assert _kept({"found": body}) == {"found": body}
    verdict = Verdict(trace={"found": body})
    assert Verdict.model_validate(_kept(verdict), strict=False) == verdict


def test_numbers_that_json_lacks_are_kept() -> None:
    assert _kept({"found": math.inf}) == {"found": math.inf}
    for value in (Alternative(token="a", logprob=-math.inf), Verdict(trace={"found": [math.inf, -math.inf]})):
        assert type(value).model_validate(_kept(value), strict=False) == value


def _kept(value: Any) -> Any:
    """What comes back of a body, which is ASCII meanwhile."""
    column, dialect = JsonText(), sqlite.dialect()
    body = column.process_bind_param(value, dialect)
    assert body is not None
    assert body.isascii()
    return column.process_result_value(body, dialect)


@pytest.mark.parametrize("number", [0.1 + 0.2, 1 / 3, 5e-324, 9.999999999999999e59, 2.0**53 + 2, -1e-17])
def test_numbers_come_back_to_the_last_digit(store: Store, number: float) -> None:
    run, [sample] = running(store, rows(1))
    metric = Metric(id="metric-1", created_at=NOW, run_id=run.id, name="m", value=number, low=number, high=number, n=1)
    store.save_metrics(run.id, [metric])
    store.record(run, [answered(run, sample, value=number)])
    assert views.metrics_of(store, run.id) == [metric]
    assert [score.value for score in views.scores(store, run.id)] == [number]


def test_moments_come_back_as_utc(store: Store) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=45)))
    spec = Experiment(id="exp-1", created_at=there, name=SPEC.name, spec=SPEC, fingerprint="f")
    store.add_experiment(spec, [])
    stored = views.experiment(store, "exp-1").created_at
    assert (stored, stored.tzinfo) == (NOW, UTC)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        UtcTime().process_bind_param(datetime(2026, 1, 1), sqlite.dialect())  # noqa: DTZ001 - the point of it
