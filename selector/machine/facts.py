# SPDX-License-Identifier: Apache-2.0
"""What a computer is, as plain frozen data. Bytes are integers, rates are per second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

AcceleratorKind = Literal["cuda", "rocm", "metal", "xpu", "other"]
"""``other``: there, and nothing that Petit knows runs on it."""


@dataclass(frozen=True, slots=True)
class Cpu:
    """The processor, and the part of it that this process may use."""

    name: str
    physical_cores: int
    logical_cores: int
    features: tuple[str, ...] = ()
    """Instruction sets that matter to inference, for example ``avx2``, ``avx512f``, ``neon``."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Main memory; control-group limits are already applied."""

    total_bytes: int
    available_bytes: int
    swap_total_bytes: int = 0
    swap_free_bytes: int = 0
    """Not for models: one that computes from swap is a hundred times slower."""
    limited: bool = False
    """Whether a control group allows less than the computer has."""


@dataclass(frozen=True, slots=True)
class Power:
    """What the clocks depend on; empty or None where the system does not tell."""

    source: Literal["", "mains", "battery"] = ""
    mode: str = ""
    """Governor, profile or plan, in the system's own words."""
    temperature_c: float | None = None
    """The hottest sensor of the processor."""
    hot: bool = False
    """Whether the processor or a GPU is as hot as its maker wants it to be at most: clocks go down."""


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A GPU or similar."""

    kind: AcceleratorKind
    name: str
    memory_total_bytes: int | None = None
    memory_free_bytes: int | None = None
    problem: str | None = None
    """Code of why one that is present cannot be used: ``machine.problem.CODE`` in the translations."""
    driver: str = ""
    compute: str = ""
    """Compute capability (``9.0``) or instruction set (``gfx1100``)."""
    integrated: bool = False
    """Shares main memory, which is counted there and not again."""


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk that holds the model cache."""

    path: str
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Rates:
    """What one engine reaches in one dtype on this machine."""

    read_bytes_per_s: float | None = None
    """A matrix far larger than the caches times one vector; llama.cpp's from writing tokens."""
    gemm_flop_per_s: tuple[float, float] | None = None
    """With 128 and with 1024 rows, times 768 x 3072."""


@dataclass(frozen=True, slots=True)
class EngineCalibration:
    """One engine as measured here, in a worker of its own."""

    version: str
    empty_bytes: int
    """Peak resident bytes of a worker with the engine and its smallest model, less that model's weights."""
    layer_overhead_s: float
    """Dispatch of one transformer layer, from a model of tiny width."""
    rates: Mapping[str, Rates]
    """By dtype: ``fp32``, ``bf16``, ``int8``, ``q8_0``, ``q4_k_m`` …"""
    noise: float
    """Largest relative spread (max/median - 1) of the measurements."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Rates measured on this machine: medians of five."""

    read_bytes_per_s: float
    """Bandwidth of reading fp32 weights (matrix times vector)."""
    gemm_flop_per_s: float
    """fp32 matrix multiplication rate, 128 x 768 x 3072."""
    noise: float
    """Largest relative spread (max/median - 1) of everything measured."""
    measured_at: str
    """ISO 8601 date and time, UTC."""
    engines: Mapping[str, EngineCalibration] = field(default_factory=dict)
    conditions: str = ""
    """Power mode, driver and cores it was measured under: when they differ it is worth repeating."""


@dataclass(frozen=True, slots=True)
class Experience:
    """What real runs of one family of models with one engine took here, beside what was predicted."""

    quantity: Literal["memory", "speed"]
    engine: str
    family: str
    """``model_type`` of the configuration."""
    runs: int
    mean_log: float
    """Mean logarithm of measured over predicted."""


@dataclass(frozen=True, slots=True)
class Machine:
    """This computer, as far as running models is concerned."""

    os: str
    cpu: Cpu
    memory: Memory
    accelerators: tuple[Accelerator, ...]
    disk: Disk
    calibration: Calibration | None = None
    unknown: tuple[str, ...] = ()
    """What could not be found out, each with its reason, as ``what: reason``."""
    experience: tuple[Experience, ...] = ()
    """What earlier runs on it have taught of its predictions."""
    power: Power = Power()
    surroundings: str = ""
    """``docker``, ``podman``, ``container``, ``wsl`` … where it is not a computer of its own."""
    overridden: tuple[str, ...] = ()
    """Names of the figures that the user set by hand (see overrides.py)."""
