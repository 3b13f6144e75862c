# SPDX-License-Identifier: Apache-2.0
"""The benchmark of the predictions runs on tiny shapes and prints its table."""

from __future__ import annotations

import pytest

from tests.benchmarks.fit.__main__ import main
from tests.benchmarks.fit.table import kendall_tau, within


def test_the_benchmark_of_the_predictions_compares_every_form_and_the_others_formulas(
    capsys: pytest.CaptureFixture[str],
) -> None:
    compared = main(["--tiny", "--rounds", "1"])
    said = capsys.readouterr().out
    assert len(compared) == 10
    for words in (
        "tiny-encoder",
        "onnx-int8",
        "llama-q4_k_m",
        "Kendall",
        "whichllm",
        "accelerate",
        "roofline",
    ):
        assert words in said
    # Empty workers are most of what tiny models take: those are measured, so this must be close.
    assert all(abs(each.memory_error) < 50e6 for each in compared)


def test_an_order_is_right_or_wrong() -> None:
    assert kendall_tau([[(1, 1), (2, 2), (3, 3)]]) == 1
    assert kendall_tau([[(1, 3), (2, 2), (3, 1)], [(5, 5)]]) == -1
    assert within(1000, 1000)
    assert not within(970, 1000)
    assert not within(2e9, 1e9)
