# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is: one contestant computes at a time, blocks interleaved, order rotated. Pure."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

SEED = 20_261_125
SINGLE_UP_TO = 16
"""Up to this many inputs each is timed alone; beyond, blocks use each engine's batching."""
BLOCK = 32
PORTION_CHARACTERS = 1_200_000
"""Of the inputs in one request, so that its line stays below the protocol's limit however it is escaped."""


def block_size(wanted: int, inputs: int) -> int:
    """Inputs given to a contestant in one turn."""
    return wanted if wanted > 0 else (1 if inputs <= SINGLE_UP_TO else BLOCK)


def turns(
    contestants: Sequence[int], inputs: Sequence[int], size: int, first: int = 0
) -> Iterator[tuple[int, list[int]]]:
    """Pairs of (contestant, block of inputs): every contestant meets every block once.

    The order of contestants rotates from block to block, so that none always runs on a machine
    that another has just warmed up; once each was first, a seeded shuffle gives them other neighbours.
    ``first`` blocks went before, in earlier repetitions.
    """
    width = max(1, len(contestants))
    for number, start in enumerate(range(0, len(inputs), size), first):
        block = list(inputs[start : start + size])
        cycle, shift = divmod(number, width)
        order = list(contestants)
        if cycle:
            random.Random(SEED + cycle).shuffle(order)
        for contestant in [*order[shift:], *order[:shift]]:
            yield contestant, block


def portions(indices: Sequence[int], inputs: Sequence[str]) -> Iterator[list[int]]:
    """``indices`` in order, in parts whose texts can travel together; a large one travels alone."""
    part: list[int] = []
    size = 0
    for index in indices:
        length = len(inputs[index])
        if part and size + length > PORTION_CHARACTERS:
            yield part
            part, size = [], 0
        part.append(index)
        size += length
    if part:
        yield part
