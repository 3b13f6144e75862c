# SPDX-License-Identifier: Apache-2.0
"""How much a model is given at once: what memory and time depend on beside the model."""

from __future__ import annotations

from dataclasses import dataclass, replace

from selector.fit.stacks import Computation, Stack
from selector.tasks.base import Task
from selector.tasks.batching import MAX_TOKENS


@dataclass(frozen=True, slots=True)
class Workload:
    """``items`` computed together, each with ``tokens`` of text, writing ``new_tokens`` of answer.

    Images and sounds have the size that the architecture fixes (224 pixels, 30 seconds).
    """

    items: int = 1
    tokens: int = 32
    new_tokens: int = 0
    cache: str = ""
    """Format of llama.cpp's key/value cache: empty for its usual one (f16), ``q8_0``, ``q4_0`` …"""

    def rows(self, stack: Stack) -> int:
        """Tokens, patches or frames that go through ``stack`` at once."""
        return self.items * (stack.fixed_tokens or self.tokens)


ONE = Workload()
"""One short text, as the speed of encoders is stated for."""
CONVERSATION = Workload(tokens=256, new_tokens=128)
"""A question with some context and its answer."""


def full_batch(workload: Workload) -> Workload:
    """The largest batch that is computed at once for such inputs (see selector/tasks/batching.py)."""
    return replace(
        workload,
        items=max(1, MAX_TOKENS // (2 * max(1, workload.tokens))),
        tokens=2 * workload.tokens,
    )


def usual(task: Task | None, computation: Computation) -> Workload:
    """What is assumed where nobody says how large the inputs are."""
    writes = computation.decoder is not None or (task is not None and task.output_kind == "text")
    return CONVERSATION if writes else ONE
