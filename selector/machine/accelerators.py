# SPDX-License-Identifier: Apache-2.0
"""Accelerators, asked of drivers and kernel; no machine-learning runtime is imported for it.

Every card counts once, one that shares main memory brings none of its own, and one that is there but of
no use says why.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from selector.machine.facts import Accelerator
from selector.machine.linux_cards import accelerators_of, linux_cards
from selector.machine.nvidia import probe_nvidia
from selector.machine.tool_output import ToolProblem, ask, find_tool
from selector.machine.torch_build import torch_backends
from selector.machine.windows_registry import display_entries, parse_adapters

Ask = Callable[[Sequence[str]], str]
_ROCM_PLACES = ("/opt/rocm/bin",)


def parse_rocm(text: str) -> tuple[Accelerator, ...]:
    """The JSON of ``rocm-smi --showproductname --showmeminfo vram --showdriverversion --json``."""
    try:
        cards = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    if not isinstance(cards, dict):
        return ()
    system = cards.get("system")
    driver = system.get("Driver version", "") if isinstance(system, dict) else ""
    found = []
    for card, facts in sorted(cards.items()):
        if not card.startswith("card") or not isinstance(facts, dict):
            continue
        total = _whole(facts.get("VRAM Total Memory (B)"))
        used = _whole(facts.get("VRAM Total Used Memory (B)"))
        name = facts.get("Card Series") or facts.get("Card series") or card
        found.append(
            Accelerator(
                "rocm",
                str(name)[:100],
                total,
                None if total is None or used is None else max(0, total - used),
                driver=str(driver)[:40],
                compute=str(facts.get("GFX Version", ""))[:20],
            )
        )
    return tuple(found)


def _whole(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None


def probe_accelerators(
    unknown: list[str],
    ask: Ask = ask,
    root: Path = Path("/"),
    contained: bool = False,
    cpu_name: str = "",
) -> tuple[tuple[Accelerator, ...], bool]:
    """Every accelerator, and whether heat slows one down; tools that fail are added to ``unknown``."""
    nvidia, hot = probe_nvidia(ask, unknown)
    others: tuple[Accelerator, ...] = ()
    if platform.system() == "Linux":
        others = accelerators_of(linux_cards(root), root, contained)
        others = _better_told(others, _rocm(ask, unknown))
        if not nvidia and not others and (root / "dev/dxg").exists():
            unknown.append("gpu: Windows passes one in, but its driver's tools are not here")
    elif platform.system() == "Windows":
        try:
            others = parse_adapters(display_entries())
        except OSError as error:
            unknown.append(f"gpu: {error}")
        others = tuple(
            replace(each, problem="no_driver") if each.kind == "cuda" else each for each in others
        )
    elif platform.system() == "Darwin" and platform.machine() == "arm64":
        others = (Accelerator("metal", f"{cpu_name or 'Apple'} GPU", integrated=True),)
    if nvidia:  # its own tool knows more of the same cards
        others = tuple(each for each in others if each.kind != "cuda")
    return with_build(nvidia + others, torch_backends()), hot


def with_build(found: tuple[Accelerator, ...], backends: frozenset[str]) -> tuple[Accelerator, ...]:
    """A card that works, but that the installed PyTorch was not built for, is of no use to it."""
    return tuple(
        replace(each, problem="torch_build")
        if each.problem is None and each.kind not in backends
        else each
        for each in found
    )


def _rocm(ask: Ask, unknown: list[str]) -> tuple[Accelerator, ...]:
    tool = find_tool("rocm-smi", *_ROCM_PLACES)
    if tool is None:
        return ()
    shown = ["--showproductname", "--showmeminfo", "vram", "--showdriverversion", "--json"]
    try:
        return parse_rocm(ask([tool, *shown]))
    except ToolProblem as error:
        unknown.append(f"rocm-smi: {error}")
        return ()


def _better_told(
    listed: tuple[Accelerator, ...], told: tuple[Accelerator, ...]
) -> tuple[Accelerator, ...]:
    """The kernel's list with the tool's names and drivers, where both speak of as many AMD cards."""
    places = [n for n, each in enumerate(listed) if each.kind == "rocm"]
    if not places:
        return listed + told
    if len(places) != len(told):
        return listed
    merged = list(listed)
    for place, better in zip(places, told, strict=True):
        merged[place] = replace(
            merged[place],
            name=better.name,
            driver=better.driver,
            compute=merged[place].compute or better.compute,
        )
    return tuple(merged)
