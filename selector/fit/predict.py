# SPDX-License-Identifier: Apache-2.0
"""Predicts peak memory and speed of a model here, before its weights are downloaded. Pure.

Memory: runtime + weights as run (+ weights as stored when the precision changes, because both are
mapped while converting) + key/value cache + activations. Measured on fourteen models, the peak of a
converting load is within 1 % of that sum; of a memory-mapped load between -17 % and +7 %.

Speed: seconds = operations / rate + bytes / bandwidth + layers * overhead. The sum, not the maximum:
classic rooflines were 59 % too fast on small decoders, the sum stayed within 34 % and 11 % at the median.
"""

from __future__ import annotations

from selector.engines.facts import ModelFacts
from selector.fit.base import Fit, Verdict
from selector.fit.shape import Shape, shape_of
from selector.intervals import Interval
from selector.machine.facts import Machine
from selector.tasks.base import Task

RUNTIME_BYTES = 393_000_000
"""torch and a transformers model class in an otherwise empty process (measured 393 to 409 MB)."""
ACTIVATION_BYTES = 60_000_000
INPUT_TOKENS = 32
CONTEXT_TOKENS = 1024
LAYER_OVERHEAD_S = 0.00052
"""Dispatch of one transformer layer in eager torch, measured on a model of tiny width."""
UNCALIBRATED_READ = 12e9
UNCALIBRATED_GEMM_PER_CORE = 40e9
TIGHT = 0.85
"""Above this share of available memory a model is called tight."""
_RUN_BYTES = {"fp32": 4, "fp16": 2, "bf16": 2, "int8": 1}


def _weights(facts: ModelFacts, precision: str) -> tuple[float, bool] | None:
    """Bytes of the weights as run, and whether loading converts them; None when unknown."""
    size = _RUN_BYTES.get(precision, 4)
    if facts.parameters is None:
        return None
    stored = {"F32": 4, "F16": 2, "BF16": 2}
    converts = any(stored.get(name, size) != size for name in facts.parameters_by_dtype)
    return float(facts.parameters * size), converts


def _kv_bytes(shape: Shape, precision: str) -> float:
    if not shape.decoder or not (shape.layers and shape.kv_heads and shape.head_dim):
        return 0.0
    size = _RUN_BYTES.get(precision, 4)
    return 2.0 * shape.layers * shape.kv_heads * shape.head_dim * size * CONTEXT_TOKENS


def predict_memory(facts: ModelFacts, precision: str) -> Interval | None:
    """Peak resident bytes of a worker with this model loaded; None when the size is unknown."""
    weights = _weights(facts, precision)
    if weights is None:
        return None
    run, converts = weights
    shape = shape_of(facts.config)
    fixed = RUNTIME_BYTES + ACTIVATION_BYTES + _kv_bytes(shape, precision)
    expected = fixed + run + (facts.stored_bytes or run if converts else 0)
    # Unused embedding rows of a mapped file never become resident; activations can be larger.
    low = RUNTIME_BYTES + 0.7 * run
    return Interval(min(low, expected), expected, expected * 1.1 + 30_000_000)


def predict_speed(
    facts: ModelFacts, task: Task, machine: Machine, precision: str
) -> Interval | None:
    """Inputs or tokens a second, one at a time; None when the size is unknown."""
    weights = _weights(facts, precision)
    if weights is None or facts.parameters is None:
        return None
    shape = shape_of(facts.config)
    calibration = machine.calibration
    cores = machine.cpu.physical_cores
    read = calibration.read_bytes_per_s if calibration else UNCALIBRATED_READ
    gemm = calibration.gemm_flop_per_s if calibration else UNCALIBRATED_GEMM_PER_CORE * cores
    embedding = (shape.vocabulary or 0) * (shape.hidden or 0)
    body = max(facts.parameters - embedding, facts.parameters // 20)
    overhead = (shape.layers or 12) * LAYER_OVERHEAD_S
    if task.output_kind == "text":
        # A decoder reads every weight for each token, its output embedding included.
        seconds = 2 * facts.parameters / gemm + weights[0] / read + overhead
    else:
        # Embedding rows are looked up, not multiplied; small batches do not reach the full rate.
        flop = 2.0 * body * INPUT_TOKENS
        seconds = flop / (0.7 * gemm) + body * _RUN_BYTES.get(precision, 4) / read + overhead
    rate = 1.0 / seconds
    if calibration is None:
        return Interval(rate * 0.35, rate, rate * 2.0)
    spread = 1.0 + min(calibration.noise, 0.5)
    return Interval(rate * 0.6 / spread, rate, rate * 1.4 * spread)


def verdict_of(memory: Interval | None, available: int) -> Verdict:
    """Whether a peak fits in ``available`` bytes: by its pessimistic end, so that "fits" does not lie."""
    if memory is None:
        return "unknown"
    if memory.high <= TIGHT * available:
        return "fits"
    return "tight" if memory.expected <= available else "no"


def predict(facts: ModelFacts, task: Task, machine: Machine, engine: str, precision: str) -> Fit:
    """The whole prediction for one variant on one machine."""
    del engine  # the torch engine is the only one so far; others bring their own constants
    memory = predict_memory(facts, precision)
    speed = predict_speed(facts, task, machine, precision)
    return Fit(
        verdict=verdict_of(memory, machine.memory.available_bytes),
        memory_bytes=memory,
        speed=speed,
        speed_unit="tokens/s" if task.output_kind == "text" else "inputs/s",
        basis=facts.basis,
    )
