# SPDX-License-Identifier: Apache-2.0
"""Seconds of one item, one written token and the first one, part by part. Pure.

seconds = operations / rate(rows) + bytes / bandwidth + layers * overhead: the sum, not the maximum of a
classic roofline, which was 59 % too fast on small decoders. Operations count two for each weight and token,
and four for each pair of tokens, head and feature of the attention.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from selector.fit.memory import RUN_BYTES
from selector.fit.pace import Pace
from selector.fit.stacks import Computation, Stack
from selector.fit.workload import Workload

_CROSS = 1.6
"""Dispatch of a layer that also attends to an encoder, beside one that does not."""
_PASSES = (6.0, 14.0)
"""How often values as wide as the inner and the hidden layer pass through memory between products."""
_SOFTMAX = 32
"""Features that the softmax of a pair of tokens costs as much as."""
_FRESH = 10.0
"""Bandwidth of memory that is mapped over that of memory that was allocated for this alone."""
_IMAGE_MACS_PER_WEIGHT = 160.0
"""Median of 1,500 networks of the public timm measurements at 224 pixels; from 30 to 900 nine in ten."""
_UNKNOWN_LAYERS = 12
UNKNOWN_SPREAD = 0.6
"""Added where the architecture is not known, in logarithms."""


@dataclass(frozen=True, slots=True)
class TimeParts:
    """Where the seconds of an item go."""

    multiplying: float = 0.0
    reading: float = 0.0
    overhead: float = 0.0

    @property
    def total(self) -> float:
        """Seconds."""
        return self.multiplying + self.reading + self.overhead

    @property
    def largest(self) -> str:
        """The name of the part that takes longest."""
        parts = (
            (self.multiplying, "multiplying"),
            (self.reading, "reading"),
            (self.overhead, "overhead"),
        )
        return max(parts)[1]

    def plus(self, other: TimeParts) -> TimeParts:
        """Both, one after the other."""
        return TimeParts(
            self.multiplying + other.multiplying,
            self.reading + other.reading,
            self.overhead + other.overhead,
        )

    def times(self, factor: float) -> TimeParts:
        """The same ``factor`` times."""
        return TimeParts(self.multiplying * factor, self.reading * factor, self.overhead * factor)


def _attended(stack: Stack, tokens: float) -> float:
    """Sum over layers of the tokens that one token attends to."""
    near = min(tokens, stack.window or tokens)
    return (stack.layers - stack.windowed) * tokens + stack.windowed * near


def _pass(stack: Stack, work: Workload, pace: Pace, size: float) -> TimeParts:
    """All items of a batch once through ``stack``."""
    rows = work.rows(stack)
    tokens = stack.fixed_tokens or work.tokens
    flop = 2.0 * stack.active_weights * rows
    flop += 4.0 * rows * stack.heads * (stack.head_dim + _SOFTMAX) * _attended(stack, tokens)
    inner, hidden = _PASSES
    passed = 4.0 * rows * stack.layers * (inner * stack.inner + hidden * stack.hidden)
    if stack.relative:
        # Positions are projected once a batch, multiplied with every token, and rows picked from the result.
        flop += 4.0 * stack.layers * stack.relative * stack.hidden * (stack.hidden + rows)
        passed += _FRESH * 8.0 * rows * stack.heads * stack.relative * stack.layers
    return TimeParts(
        multiplying=flop / pace.flop_per_s(rows),
        reading=(stack.weights * size + passed) / pace.read_bytes_per_s,
        overhead=stack.layers * pace.layer_overhead_s,
    )


def reading_an_input(
    computation: Computation, pace: Pace, size: float, work: Workload
) -> TimeParts:
    """One batch through everything that reads; of a decoder its prompt."""
    found = TimeParts()
    for stack in computation.stacks:
        if not stack.cross:
            found = found.plus(_pass(stack, work, pace, size))
    if computation.macs:
        flop = 2.0 * computation.macs * work.items
        found = found.plus(TimeParts(flop / pace.peak_flop_per_s, 0.0, 0.0))
    return found


def writing_a_token(
    computation: Computation, pace: Pace, weight_bytes: float, work: Workload
) -> TimeParts:
    """One step of writing, one token for each of the ``work.items``."""
    decoder = computation.decoder
    if decoder is None:
        # Of a file of unknown shape every weight is read for each token.
        overhead = _UNKNOWN_LAYERS * pace.step_layer_overhead_s + pace.step_overhead_s
        return TimeParts(0.0, weight_bytes / pace.read_bytes_per_s, overhead)
    body = computation.weights + computation.embedding * (1 if computation.tied else 2)
    size = weight_bytes / max(1, body)
    read = size * (decoder.active_weights + computation.embedding)
    crossing = _CROSS if decoder.cross else 1.0
    rows = work.items
    flop = 2.0 * (decoder.active_weights + computation.embedding) * rows if rows > 1 else 0.0
    tokens = work.tokens + work.new_tokens / 2
    if decoder.cross:
        tokens += max((stack.fixed_tokens for stack in computation.encoders), default=0)
    looking = 4.0 * rows * decoder.heads * decoder.head_dim * _attended(decoder, tokens)
    return TimeParts(
        # That few rows do not fill the units is what reading the weights already says.
        multiplying=flop / pace.peak_flop_per_s + looking / pace.looking_flop_per_s,
        reading=read / pace.read_bytes_per_s,
        overhead=decoder.layers * pace.step_layer_overhead_s * crossing + pace.step_overhead_s,
    )


def unknown_input(
    parameters: int, pace: Pace, weight_bytes: float, work: Workload, image: bool
) -> TimeParts:
    """A model of unknown architecture: every weight once for each token, or the usual network for images."""
    flop = 2.0 * parameters * (_IMAGE_MACS_PER_WEIGHT if image else work.tokens) * work.items
    overhead = _UNKNOWN_LAYERS * pace.layer_overhead_s
    return TimeParts(
        flop / pace.flop_per_s(work.tokens), weight_bytes / pace.read_bytes_per_s, overhead
    )


def item_parts(
    computation: Computation,
    pace: Pace,
    precision: str,
    weight_bytes: float,
    parameters: int,
    work: Workload,
    image: bool = False,
) -> TimeParts:
    """Seconds of one item, read and, where the model writes, written."""
    size = RUN_BYTES.get(precision, weight_bytes / max(1, parameters))
    if not computation.stacks and not computation.macs:
        found = unknown_input(parameters, pace, weight_bytes, work, image)
    else:
        found = reading_an_input(computation, pace, size, work)
    if work.new_tokens:
        step = writing_a_token(computation, pace, weight_bytes, work)
        found = found.plus(step.times(work.new_tokens))
    return found.times(1 / work.items)


def first_token_s(
    computation: Computation,
    pace: Pace,
    precision: str,
    weight_bytes: float,
    parameters: int,
    work: Workload,
) -> float:
    """Seconds until the first token of an answer to one item: its prompt, and the table of tokens once."""
    alone = replace(work, items=1, new_tokens=0)
    prompt = item_parts(computation, pace, precision, weight_bytes, parameters, alone).total
    table = (
        weight_bytes * computation.embedding / max(1, computation.weights + computation.embedding)
    )
    return prompt + table / pace.read_bytes_per_s + pace.step_overhead_s
