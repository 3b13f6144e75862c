# SPDX-License-Identifier: Apache-2.0
"""Bytes and number of the weights of one form of a model, from what is known before its download."""

from __future__ import annotations

from selector import registry
from selector.engines.facts import ModelFacts
from selector.engines.gguf_files import bits_of
from selector.engines.repository import is_small_file
from selector.errors import UnknownEngine
from selector.fit.memory import RUN_BYTES, Weights

_STORED_BYTES = {"F32": 4, "F16": 2, "BF16": 2}


def file_bytes(facts: ModelFacts, engine: str, precision: str) -> int | None:
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


def weights_of(facts: ModelFacts, engine: str, precision: str) -> Weights | None:
    """Bytes as run, and the copy that is held while loading converts them; None when unknown."""
    if engine != "torch":
        known = file_bytes(facts, engine, precision)
        if known is not None:
            return Weights(float(known))
    if facts.parameters is None:
        return None
    if engine == "llama":
        return Weights(facts.parameters * bits_of(precision) / 8)
    size = RUN_BYTES.get(precision, 4)
    run = float(facts.parameters * size)
    if engine != "torch":
        return Weights(run)
    converts = any(_STORED_BYTES.get(name, size) != size for name in facts.parameters_by_dtype)
    return Weights(run, float(facts.stored_bytes or run) if converts else 0.0)


def parameters_of(facts: ModelFacts, engine: str, precision: str) -> int | None:
    """Number of weights; guessed from the size of the files where nothing states it."""
    if facts.parameters is not None:
        return facts.parameters
    known = None if engine == "torch" else file_bytes(facts, engine, precision)
    if known is None:
        return None
    bits = bits_of(precision) if engine == "llama" else 8 * RUN_BYTES.get(precision, 4)
    return round(known * 8 / bits)
