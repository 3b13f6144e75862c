# SPDX-License-Identifier: Apache-2.0
"""Trials with real workers: fair turns, failures kept apart, cancelling."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.errors import Cancelled
from selector.tasks.batching import MAX_WASTE, tight_batches
from selector.trial.measurement import Contestant, Trial, TrialEvent
from selector.trial.runner import run_trial
from selector.trial.timing import percentile
from selector.trial.turns import turns
from selector.worker.supervisor import groups
from tests.tiny_models import make_classifier


def contestant(folder: Path, name: str) -> Contestant:
    return Contestant(
        f"t/{name}@0#torch-fp32", f"t/{name}", "0", "torch", "fp32", str(folder), None, 0
    )


def test_a_failing_contestant_keeps_its_error_and_the_others_go_on(tmp_path: Path) -> None:
    good = contestant(make_classifier(tmp_path / "good"), "good")
    bad = contestant(tmp_path / "bad", "bad")
    events: list[TrialEvent] = []
    trial = Trial("text-classification", ("my card", "refund"), (bad, good), threads=1)
    rows = run_trial(
        trial, available_bytes=8 << 30, on_event=events.append, cancelled=lambda: False
    )
    assert rows[0].error is not None
    assert rows[0].error["code"] == "model.not_downloaded"
    assert rows[1].error is None
    assert all(output is not None for output in rows[1].outputs)
    assert rows[1].latency is not None
    assert rows[1].latency.n == 2
    assert rows[1].memory_peak_bytes
    assert {event.kind for event in events} >= {
        "loading",
        "loaded",
        "turn",
        "output",
        "failed",
        "finished",
    }


def test_cancelling_a_trial_returns_at_once(tmp_path: Path) -> None:
    one = contestant(make_classifier(tmp_path / "one"), "one")
    started = time.monotonic()
    with pytest.raises(Cancelled):
        run_trial(
            Trial("text-classification", ("my card",), (one,)),
            available_bytes=8 << 30,
            on_event=lambda _: None,
            cancelled=lambda: time.monotonic() - started > 0.5,
        )
    assert time.monotonic() - started < 5


@given(st.lists(st.integers(1, 512), max_size=200))
def test_every_input_is_in_one_batch_and_padding_stays_small(lengths: list[int]) -> None:
    batches = tight_batches(lengths)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        padded = max(lengths[i] for i in batch) * len(batch)
        assert padded - sum(lengths[i] for i in batch) <= MAX_WASTE * padded + 1e-9


@given(st.integers(1, 5), st.integers(0, 40), st.integers(1, 8))
def test_every_contestant_meets_every_input_once(contestants: int, inputs: int, size: int) -> None:
    seen = [
        (who, i) for who, block in turns(range(contestants), range(inputs), size) for i in block
    ]
    assert sorted(seen) == [(who, i) for who in range(contestants) for i in range(inputs)]


@given(st.lists(st.one_of(st.none(), st.integers(0, 10**10)), max_size=12), st.integers(1, 10**11))
def test_models_loaded_together_fit_into_the_budget(
    peaks: list[int | None], available: int
) -> None:
    found = groups(peaks, available)
    assert [i for group in found for i in group] == list(range(len(peaks)))
    for group in found:
        if len(group) > 1:
            assert sum(1e9 if peaks[i] is None else peaks[i] for i in group) <= 0.8 * available  # type: ignore[misc]


@given(st.lists(st.floats(0, 1e6), min_size=1))
def test_the_95th_percentile_is_a_value_that_occurred(values: list[float]) -> None:
    assert percentile(values, 0.95) in values
