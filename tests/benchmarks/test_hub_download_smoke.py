# SPDX-License-Identifier: Apache-2.0
"""The benchmark of downloads runs and prints its figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.hub_download import MB, measure, told


@pytest.mark.parametrize("rate", [0.0, 4.0 * MB])
def test_petit_and_hf_download_take_turns(
    tmp_path: Path, rate: float, capsys: pytest.CaptureFixture[str]
) -> None:
    found = measure(tmp_path, 1, 8, 4, 2, rate)
    with capsys.disabled():
        for each in found:
            print(f"\n{told(each)}", end="")  # noqa: T201
    assert len(found) == 2
    assert all(each.petit_s > 0 and each.hf_s > 0 and each.limit_s > 0 for each in found)
