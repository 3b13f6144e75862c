# SPDX-License-Identifier: Apache-2.0
"""NVIDIA's GPUs, from NVML by its own tool: no library that hangs with the driver is loaded here.

With MIG a card is cut into instances, and the card itself says "N/A": the instances count, each with its
own memory (https://docs.nvidia.com/datacenter/tesla/mig-user-guide).
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import replace

from selector.machine.facts import Accelerator
from selector.machine.tool_output import ToolProblem, find_tool

Ask = Callable[[Sequence[str]], str]
"""See tool_output.ask, with the time that is left."""
_MIB = 1024 * 1024
_FIELDS = (
    "name", "memory.total", "memory.free", "driver_version", "compute_cap", "compute_mode",
    "mig.mode.current", "clocks_throttle_reasons.active", "pci.bus_id",
)  # fmt: skip
_OLD_FIELDS = ("name", "memory.total", "memory.free", "driver_version")
"""What drivers of before 2021 know; they refuse the whole question for one unknown field."""
_PLACES = ("/usr/lib/wsl/lib", r"C:\Windows\System32", r"C:\Program Files\NVIDIA Corporation\NVSMI")
_HOT = 0x20 | 0x40
"""Software and hardware thermal slowdown, of nvmlClocksEventReasons."""


def probe_nvidia(ask: Ask, unknown: list[str]) -> tuple[tuple[Accelerator, ...], bool]:
    """The cards, and whether one of them is slowed down by heat; a tool that fails is in ``unknown``."""
    tool = find_tool("nvidia-smi", *_PLACES)
    if tool is None:
        return (), False
    shape = "--format=csv,noheader,nounits"
    try:
        try:
            cards = parse_cards(ask([tool, f"--query-gpu={','.join(_FIELDS)}", shape]))
        except ToolProblem as error:
            if "field" not in str(error).lower():
                raise
            text = ask([tool, f"--query-gpu={','.join(_OLD_FIELDS)}", shape])
            cards = parse_cards(text, _OLD_FIELDS)
        if any(card.problem == _CUT for card, _, _ in cards):
            parts = parse_instances(ask([tool, "-q", "-x"]))
            cards = [new for card in cards for new in _instances(card, parts)]
    except ToolProblem as error:
        unknown.append(f"nvidia-smi: {error}")
        return (), False
    return tuple(card for card, _, _ in cards), any(hot for _, _, hot in cards)


Card = tuple[Accelerator, str, bool]
"""A card, its place on the bus, and whether heat slows it down."""
_CUT = "mig_empty"


def parse_cards(text: str, fields: Sequence[str] = _FIELDS) -> list[Card]:
    """Rows of ``nvidia-smi --query-gpu=FIELDS --format=csv,noheader,nounits``; names may hold commas."""
    found: list[Card] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.rsplit(",", len(fields) - 1)]
        if len(cells) != len(fields) or not cells[0]:
            continue
        row = dict(zip(fields, cells, strict=True))
        problem = None
        if row.get("mig.mode.current") == "Enabled":
            problem = _CUT  # until an instance is found
        elif row.get("compute_mode") == "Prohibited":
            problem = "prohibited"
        card = Accelerator(
            "cuda",
            row["name"],
            _mib(row["memory.total"]),
            _mib(row["memory.free"]),
            problem,
            driver=_told(row["driver_version"]),
            compute=_told(row.get("compute_cap", "")),
        )
        reasons = row.get("clocks_throttle_reasons.active", "")
        found.append((card, row.get("pci.bus_id", ""), bool(_hexadecimal(reasons) & _HOT)))
    return found


def parse_instances(text: str) -> dict[str, list[tuple[int | None, int | None]]]:
    """Total and free bytes of each MIG instance, by the card's place, from ``nvidia-smi -q -x``."""
    found: dict[str, list[tuple[int | None, int | None]]] = {}
    try:
        root = ET.fromstring(text)
    except (ET.ParseError, ValueError, RecursionError):
        return {}
    for gpu in root.iter("gpu"):
        parts = [
            (
                _mib(part.findtext("fb_memory_usage/total", "")),
                _mib(part.findtext("fb_memory_usage/free", "")),
            )
            for part in gpu.iter("mig_device")
        ]
        found[gpu.get("id", "")] = parts
    return found


def _instances(card: Card, parts: dict[str, list[tuple[int | None, int | None]]]) -> list[Card]:
    whole, place, hot = card
    if whole.problem != _CUT:
        return [card]
    known = parts.get(place, [])
    if not known:
        return [card]
    return [
        (
            replace(
                whole,
                name=f"{whole.name} MIG {number}",
                memory_total_bytes=total,
                memory_free_bytes=free,
                problem=None,
            ),
            place,
            hot,
        )
        for number, (total, free) in enumerate(known)
    ]


def _mib(text: str) -> int | None:
    number = text.strip().removesuffix("MiB").strip()
    return (
        int(number) * _MIB if number.isascii() and number.isdecimal() and len(number) < 12 else None
    )


def _told(text: str) -> str:
    return "" if text.startswith(("[", "N/A")) else text[:40]


def _hexadecimal(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0
