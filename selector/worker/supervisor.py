# SPDX-License-Identifier: Apache-2.0
"""Who may be loaded at the same time: predicted peaks must fit into available memory. Pure."""

from __future__ import annotations

from collections.abc import Sequence

SHARE = 0.8
"""Share of available memory that loaded models may take together."""


def groups(predicted_bytes: Sequence[int | None], available_bytes: int) -> list[list[int]]:
    """Split contestants (by position, order kept) into groups that are loaded together.

    An unknown peak counts as 1 GB. A contestant that is too big alone still gets its turn, alone.
    """
    budget = SHARE * available_bytes
    result: list[list[int]] = []
    used = 0.0
    for index, predicted in enumerate(predicted_bytes):
        need = 1_000_000_000 if predicted is None else predicted
        if result and used + need <= budget:
            result[-1].append(index)
            used += need
        else:
            result.append([index])
            used = float(need)
    return result
