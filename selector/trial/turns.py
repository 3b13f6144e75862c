# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is: one contestant computes at a time, blocks interleaved, order rotated. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

SINGLE_UP_TO = 16
"""Up to this many inputs each is timed alone; beyond, blocks use each engine's batching."""
BLOCK = 32


def block_size(wanted: int, inputs: int) -> int:
    """Inputs given to a contestant in one turn."""
    return wanted if wanted > 0 else (1 if inputs <= SINGLE_UP_TO else BLOCK)


def turns(
    contestants: Sequence[int], inputs: Sequence[int], size: int, first: int = 0
) -> Iterator[tuple[int, list[int]]]:
    """Pairs of (contestant, block of inputs): every contestant meets every block once.

    The order of contestants rotates from block to block, so that none always runs on a machine
    that another has just warmed up. ``first`` blocks went before, in earlier repetitions.
    """
    for number, start in enumerate(range(0, len(inputs), size), first):
        block = list(inputs[start : start + size])
        shift = number % max(1, len(contestants))
        for contestant in [*contestants[shift:], *contestants[:shift]]:
            yield contestant, block
