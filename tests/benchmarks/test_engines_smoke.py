# SPDX-License-Identifier: Apache-2.0
"""The engines' benchmark runs on tiny shapes, checks that outputs are equal, and prints its ratios."""

from __future__ import annotations

import os

import pytest

from tests.benchmarks import engine_overheads
from tests.benchmarks.engine_targets import Target
from tests.benchmarks.engines import main


def test_the_benchmark_of_the_engines_compares_equal_outputs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["--tiny", "--rounds", "1", "--sentences", "8", "--tokens", "8"])
    said = capsys.readouterr().out
    for name in ("pipeline(batch_size=16)", "onnx-int8", "Petit llama-q8_0", "cold start"):
        assert name in said
    assert "onnx-int8 against batch 16" in said


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for Python is a script")
def test_the_overheads_are_printed_with_their_targets(capsys: pytest.CaptureFixture[str]) -> None:
    engine_overheads.main(tiny=True)
    said = capsys.readouterr().out
    for name in ("a request", "a streamed piece", "one by one"):
        assert name in said
    assert said.count("target") == 3


@pytest.mark.parametrize(
    ("value", "least", "word"),
    [
        (3.0, False, "met"),
        (2.0, False, "floor only"),
        (1.0, False, "NOT MET"),
        (1.0, True, "met"),
        (4.0, True, "NOT MET"),
    ],
)
def test_a_value_is_judged_by_floor_and_target(value: float, least: bool, word: str) -> None:
    target = Target(3.5, 2.5, least=True) if least else Target(1.5, 2.5)
    assert target.verdict(value).startswith(word)
