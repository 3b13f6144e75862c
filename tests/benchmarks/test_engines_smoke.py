# SPDX-License-Identifier: Apache-2.0
"""The engines' benchmark runs on tiny shapes, checks that outputs are equal, and prints its ratios."""

from __future__ import annotations

import pytest

from tests.benchmarks.engines import main


def test_the_benchmark_of_the_engines_compares_equal_outputs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["--tiny", "--rounds", "1", "--sentences", "8", "--tokens", "8"])
    said = capsys.readouterr().out
    for name in ("pipeline(batch_size=16)", "onnx-int8", "Petit llama-q8_0", "cold start"):
        assert name in said
