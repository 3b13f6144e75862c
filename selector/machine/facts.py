# SPDX-License-Identifier: Apache-2.0
"""What a computer is, as plain frozen data. Bytes are integers, rates are per second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AcceleratorKind = Literal["cuda", "rocm", "metal", "xpu"]


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


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A GPU or similar. ``problem`` says why one that is present cannot be used."""

    kind: AcceleratorKind
    name: str
    memory_total_bytes: int | None = None
    memory_free_bytes: int | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk that holds the model cache."""

    path: str
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """Rates measured on this machine: medians of five."""

    read_bytes_per_s: float
    """Bandwidth of reading fp32 weights (matrix times vector)."""
    gemm_flop_per_s: float
    """fp32 matrix multiplication rate, 128 x 768 x 3072."""
    noise: float
    """Largest relative spread (max/median - 1) of the two."""
    measured_at: str
    """ISO 8601 date and time, UTC."""


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
