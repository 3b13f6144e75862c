# SPDX-License-Identifier: Apache-2.0
"""Predicts peak memory and speed of a model here, before its weights are downloaded. Pure.

Memory: runtime + weights as run (+ weights as stored when the precision changes, because both are
mapped while converting) + key/value cache + activations. Measured on fourteen models in torch, the peak
of a converting load is within 1 % of that sum; of a memory-mapped load between -17 % and +7 %. Engines
whose precisions are files of their own are predicted from the size of those files.

Speed: seconds = operations / rate + bytes / bandwidth + layers * overhead. The sum, not the maximum:
classic rooflines were 59 % too fast on small decoders, the sum stayed within 34 % and 11 % at the median.
"""

from __future__ import annotations

from selector import registry
from selector.engines.facts import ModelFacts
from selector.engines.gguf_files import bits_of
from selector.engines.repository import is_small_file
from selector.errors import UnknownEngine
from selector.fit.base import Fit, Verdict
from selector.fit.costs import EngineCosts, costs_of
from selector.fit.shape import Shape, shape_of
from selector.intervals import Interval
from selector.machine.facts import Machine
from selector.tasks.base import Task

INPUT_TOKENS = 32
UNCALIBRATED_READ = 12e9
UNCALIBRATED_GEMM_PER_CORE = 40e9
TIGHT = 0.85
"""Above this share of available memory a model is called tight."""
_RUN_BYTES = {
    "fp32": 4,
    "fp16": 2,
    "bf16": 2,
    "int8": 1,
    "uint8": 1,
    "q4": 0.6,
    "q4f16": 0.55,
    "bnb4": 0.6,
}
_UNKNOWN_CACHE = 0.1
"""Key/value cache of a decoder of unknown shape, as a share of its weights in 16 bits."""


def _file_bytes(facts: ModelFacts, engine: str, precision: str) -> int | None:
    """Size of the very files that would be run; None where one of them is unknown."""
    try:
        found = registry.engine(engine)
    except UnknownEngine:
        return None
    if precision not in found.offered(facts):
        return None  # what is made here is made from other files
    planned = found.files(facts, precision)
    sizes = {file.path: file.size for file in facts.files}
    weights = [sizes[path] for path in planned if not is_small_file(path)]
    return sum(weights) if weights and all(weights) else None


def _weights(facts: ModelFacts, engine: str, precision: str) -> tuple[float, bool] | None:
    """Bytes of the weights as run, and whether loading converts them; None when unknown."""
    if engine != "torch":
        known = _file_bytes(facts, engine, precision)
        if known is not None:
            return float(known), False
    if facts.parameters is None:
        return None
    if engine == "llama":
        return facts.parameters * bits_of(precision) / 8, False
    size = _RUN_BYTES.get(precision, 4)
    stored = {"F32": 4, "F16": 2, "BF16": 2}
    converts = engine == "torch" and any(
        stored.get(name, size) != size for name in facts.parameters_by_dtype
    )
    return float(facts.parameters * size), converts


def _kv_bytes(shape: Shape, engine: str, precision: str, weights: float) -> float:
    tokens = costs_of(engine).context_tokens
    known = shape.layers and shape.kv_heads and shape.head_dim
    if engine == "llama":
        # A repository of GGUF files often has no configuration: what it is, only its header says.
        if not known:
            return _UNKNOWN_CACHE * weights
        size = 2.0
    elif not shape.decoder or not known:
        return 0.0
    else:
        size = _RUN_BYTES.get(precision, 4)
    assert shape.layers
    assert shape.kv_heads
    assert shape.head_dim
    return 2.0 * shape.layers * shape.kv_heads * shape.head_dim * size * tokens


def predict_memory(facts: ModelFacts, precision: str, engine: str = "torch") -> Interval | None:
    """Peak resident bytes of a worker with this model loaded; None when the size is unknown."""
    weights = _weights(facts, engine, precision)
    if weights is None:
        return None
    run, converts = weights
    costs = costs_of(engine)
    low, expected, high = costs.held
    cache = _kv_bytes(shape_of(facts.config), engine, precision, run)
    fixed = costs.runtime_bytes + costs.activation_bytes + cache
    likely = fixed + expected * run + (facts.stored_bytes or run if converts else 0)
    least = costs.runtime_bytes + low * run
    most = likely * 1.1 + (high - expected) * run * (not converts) + 30_000_000
    return Interval(min(least, likely), likely, most)


def _parameters(facts: ModelFacts, engine: str, precision: str) -> int | None:
    """Number of weights; guessed from the size of the files where nothing states it."""
    if facts.parameters is not None:
        return facts.parameters
    known = None if engine == "torch" else _file_bytes(facts, engine, precision)
    if known is None:
        return None
    bits = bits_of(precision) if engine == "llama" else 8 * _RUN_BYTES.get(precision, 4)
    return round(known * 8 / bits)


def predict_speed(
    facts: ModelFacts, task: Task, machine: Machine, precision: str, engine: str = "torch"
) -> Interval | None:
    """Inputs or tokens a second, one at a time; None when the size is unknown."""
    weights = _weights(facts, engine, precision)
    parameters = _parameters(facts, engine, precision)
    if weights is None or parameters is None:
        return None
    seconds = _seconds(facts, task, machine, costs_of(engine), precision, weights[0], parameters)
    rate = 1.0 / seconds
    calibration = machine.calibration
    if calibration is None:
        return Interval(rate * 0.35, rate, rate * 2.0)
    spread = 1.0 + min(calibration.noise, 0.5)
    return Interval(rate * 0.6 / spread, rate, rate * 1.4 * spread)


def _seconds(
    facts: ModelFacts,
    task: Task,
    machine: Machine,
    costs: EngineCosts,
    precision: str,
    weights: float,
    parameters: int,
) -> float:
    """Time of one token of a decoder, or of one input of an encoder."""
    shape = shape_of(facts.config)
    calibration = machine.calibration
    cores = machine.cpu.physical_cores
    read = calibration.read_bytes_per_s if calibration else UNCALIBRATED_READ
    gemm = calibration.gemm_flop_per_s if calibration else UNCALIBRATED_GEMM_PER_CORE * cores
    overhead = (shape.layers or 12) * costs.layer_overhead_s
    if task.output_kind == "text":
        # A decoder reads every weight for each token, its output embedding included.
        return 2 * parameters / gemm + weights / read + overhead
    # Embedding rows are looked up, not multiplied; small batches do not reach the full rate.
    embedding = (shape.vocabulary or 0) * (shape.hidden or 0)
    body = max(parameters - embedding, parameters // 20)
    flop = 2.0 * body * INPUT_TOKENS
    rate = costs.rate_of.get(precision, costs.rate) * gemm
    return flop / rate + weights * body / parameters / read + overhead


def verdict_of(memory: Interval | None, available: int) -> Verdict:
    """Whether a peak fits in ``available`` bytes: by its pessimistic end, so that "fits" does not lie."""
    if memory is None:
        return "unknown"
    if memory.high <= TIGHT * available:
        return "fits"
    return "tight" if memory.expected <= available else "no"


def predict(facts: ModelFacts, task: Task, machine: Machine, engine: str, precision: str) -> Fit:
    """The whole prediction for one variant on one machine."""
    memory = predict_memory(facts, precision, engine)
    speed = predict_speed(facts, task, machine, precision, engine)
    return Fit(
        verdict=verdict_of(memory, machine.memory.available_bytes),
        memory_bytes=memory,
        speed=speed,
        speed_unit="tokens/s" if task.output_kind == "text" else "inputs/s",
        basis=facts.basis,
    )
