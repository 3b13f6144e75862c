# SPDX-License-Identifier: Apache-2.0
"""Graphics cards as the Linux kernel lists them: what is there, even where no driver's tool is.

Each card once: by its place on the bus, whatever number of outputs and render nodes it has.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from selector.machine.facts import Accelerator

_NVIDIA, _AMD, _INTEL = "0x10de", "0x1002", "0x8086"
_DISPLAY = ("0x0300", "0x0302", "0x0380", "0x1200")
"""Class codes: display controllers, 3D controllers, processing accelerators."""
_SMALL = 2 << 30
"""AMD's integrated GPUs own less than this; the rest is main memory."""
_INTEGRATED_PLACE = "0000:00:02.0"
"""Where Intel's integrated GPU has been since 2004."""
_KFD_VENDOR = 4098
"""AMD, as the compute driver's topology writes it."""


@dataclass(frozen=True, slots=True)
class Card:
    """One PCI device that can show pictures or compute."""

    place: str
    vendor: str
    device: str
    driver: str
    memory_total_bytes: int | None
    memory_free_bytes: int | None
    name: str
    render: str
    """Its render node, where it has one."""


def linux_cards(root: Path = Path("/")) -> tuple[Card, ...]:
    """Every one that the kernel lists. Never fails."""
    found: dict[str, Card] = {}
    try:
        places = sorted((root / "sys/bus/pci/devices").iterdir())
    except OSError:
        return ()
    for folder in places:
        if not _text(folder / "class").startswith(_DISPLAY):
            continue
        total = _whole(_text(folder / "mem_info_vram_total"))
        used = _whole(_text(folder / "mem_info_vram_used"))
        free = None if total is None or used is None else max(0, total - used)
        try:
            driver = (folder / "driver").resolve(strict=True).name
        except OSError:
            driver = ""
        try:
            render = next(
                (p.name for p in (folder / "drm").iterdir() if p.name.startswith("renderD")), ""
            )
        except OSError:
            render = ""
        found[folder.name] = Card(
            folder.name,
            _text(folder / "vendor"),
            _text(folder / "device"),
            driver,
            total,
            free,
            _text(folder / "product_name"),
            render,
        )
    return tuple(found.values())


def accelerators_of(
    cards: tuple[Card, ...], root: Path = Path("/"), contained: bool = False
) -> tuple[Accelerator, ...]:
    """AMD's and Intel's cards, and NVIDIA's as unusable: those that work are told by NVIDIA's own tool.

    ``contained``: this is a container, where the kernel lists cards that nobody passed in.
    """
    sets = compute_targets(root)
    found = []
    for card in cards:
        if card.vendor == _NVIDIA:
            there = (root / "dev/nvidiactl").exists()
            problem = "not_passed" if contained and not there else "no_driver"
            found.append(
                Accelerator("cuda", card.name or f"NVIDIA GPU {card.device}", problem=problem)
            )
        elif card.vendor == _AMD:
            integrated = card.memory_total_bytes is not None and card.memory_total_bytes < _SMALL
            found.append(
                Accelerator(
                    "rocm",
                    card.name or f"AMD GPU {card.device}",
                    None if integrated else card.memory_total_bytes,
                    None if integrated else card.memory_free_bytes,
                    _device_problem(root, "dev/kfd", card, "amdgpu", contained),
                    compute=sets.get(card.device, ""),
                    integrated=integrated,
                )
            )
        elif card.vendor == _INTEL:
            node = f"dev/dri/{card.render}" if card.render else "dev/dri/renderD128"
            found.append(
                Accelerator(
                    "xpu",
                    card.name or f"Intel GPU {card.device}",
                    problem=_device_problem(root, node, card, "", contained),
                    integrated=card.place == _INTEGRATED_PLACE,
                )
            )
    return tuple(found)


def _device_problem(root: Path, node: str, card: Card, wants: str, contained: bool) -> str | None:
    if not card.driver or (wants and card.driver != wants):
        return "not_passed" if contained else "no_driver"
    path = root / node
    if not path.exists():
        return "not_passed" if contained else "no_driver"
    return None if os.access(path, os.R_OK | os.W_OK) else "no_permission"


def compute_targets(root: Path = Path("/")) -> dict[str, str]:
    """Instruction set (``gfx1100``) by PCI device number (``0x744c``), of AMD's compute driver."""
    found = {}
    try:
        nodes = sorted((root / "sys/class/kfd/kfd/topology/nodes").iterdir())
    except OSError:
        return {}
    for node in nodes:
        lines = _text(node / "properties").splitlines()
        told = {name: value for name, _, value in (line.partition(" ") for line in lines)}
        version, device = (
            _whole(told.get("gfx_target_version", "")),
            _whole(told.get("device_id", "")),
        )
        if version and device and _whole(told.get("vendor_id", "")) == _KFD_VENDOR:
            found[f"{device:#06x}"] = gfx(version)
    return found


def gfx(version: int) -> str:
    """90010 is gfx90a: major, minor and step, the last two written in hexadecimal."""
    return f"gfx{version // 10000}{version // 100 % 100:x}{version % 100:x}"


def _whole(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


def _text(path: Path) -> str:
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            return file.read(8192).strip()
    except OSError:
        return ""
