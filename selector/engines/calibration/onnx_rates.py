# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime: bandwidth and multiplication rate in fp32 and int8, cost of one layer's nodes, an empty worker."""

from __future__ import annotations

from functools import partial
from importlib import metadata
from typing import Any

from selector.engines.calibration.timing import Stopwatch
from selector.machine.facts import EngineCalibration, Rates
from selector.machine.meter import now_bytes, peak_bytes

STEPS = 7
_NODES, _NODES_PER_LAYER = 240, 12
"""Nodes of the chain that is timed, and of one layer of an encoder after the runtime has fused it."""


def _session(graph: bytes, threads: int) -> Any:
    import onnxruntime

    from selector.engines.onnx_model import session_options

    return onnxruntime.InferenceSession(
        graph, session_options(threads), providers=["CPUExecutionProvider"]
    )


def _product(inner: int, columns: int, int8: bool) -> bytes:
    """X (rows, inner) times a constant (inner, columns); in int8 x is quantised at run time, as in models."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    some = np.random.default_rng(0).random(65_521, dtype=np.float32) - 0.5
    weights = np.resize(some, (inner, columns))
    if int8:
        held = [
            numpy_helper.from_array((weights * 200).astype(np.int8), "w"),
            numpy_helper.from_array(np.array(0.005, np.float32), "scale"),
        ]
        nodes = [
            helper.make_node("DynamicQuantizeLinear", ["x"], ["whole", "step", "zero"]),
            helper.make_node("MatMulInteger", ["whole", "w", "zero"], ["sum"]),
            helper.make_node("Cast", ["sum"], ["plain"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["step", "scale"], ["both"]),
            helper.make_node("Mul", ["plain", "both"], ["y"]),
        ]
    else:
        held = [numpy_helper.from_array(weights, "w")]
        nodes = [helper.make_node("MatMul", ["x", "w"], ["y"])]
    graph = helper.make_graph(
        nodes,
        "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", inner])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", columns])],
        held,
    )
    return _bytes(graph)


def _chain() -> bytes:
    """Nodes whose work takes no time, one after the other."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    nodes = [helper.make_node("MatMul", [f"x{i}", "w"], [f"x{i + 1}"]) for i in range(_NODES)]
    graph = helper.make_graph(
        nodes,
        "chain",
        [helper.make_tensor_value_info("x0", TensorProto.FLOAT, [8, 16])],
        [helper.make_tensor_value_info(f"x{_NODES}", TensorProto.FLOAT, [8, 16])],
        [numpy_helper.from_array(np.eye(16, dtype=np.float32), "w")],
    )
    return _bytes(graph)


def _bytes(graph: Any) -> bytes:
    from onnx import helper

    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def measure(watch: Stopwatch, threads: int) -> EngineCalibration:
    """Raises Cancelled."""
    import numpy as np
    import tokenizers

    assert tokenizers is not None  # imported as a worker with a model does
    import onnxruntime

    assert onnxruntime is not None
    before = now_bytes()
    chain = _chain()
    # What makes the graph is not part of a worker that runs one.
    making = max(0, now_bytes() - before)
    small = _session(chain, threads)
    given = np.ones((8, 16), np.float32)
    layer = watch.seconds(lambda: small.run(None, {"x0": given})) / _NODES * _NODES_PER_LAYER
    empty = peak_bytes() - making
    rates = {"fp32": _rates(watch, False, threads), "int8": _rates(watch, True, threads)}
    return EngineCalibration(metadata.version("onnxruntime"), empty, layer, rates, watch.noise)


def _rates(watch: Stopwatch, int8: bool, threads: int) -> Rates:
    import numpy as np

    def opened(inner: int, columns: int) -> Any:
        return _session(_product(inner, columns, int8), threads)

    wide = opened(8192, 8192)
    one = np.ones((1, 8192), np.float32)
    held = 8192 * 8192 * (1 if int8 else 4)
    read = held / watch.seconds(partial(wide.run, None, {"x": one}))
    del wide  # its memory is the largest here
    session = opened(768, 3072)
    products = []
    for rows in (128, 1024):
        given = np.ones((rows, 768), np.float32)
        seconds = watch.seconds(partial(session.run, None, {"x": given}))
        products.append(2.0 * rows * 768 * 3072 / seconds)
    return Rates(read, (products[0], products[1]))
