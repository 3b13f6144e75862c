# SPDX-License-Identifier: Apache-2.0
"""Accelerators, asked of the drivers' own tools; no machine-learning runtime is imported for it."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess

from selector.machine.facts import Accelerator

TIMEOUT_S = 1.5
_MIB = 1024 * 1024


def _ask(command: list[str]) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, errors="replace"
    )
    if done.returncode != 0:
        raise OSError((done.stderr or done.stdout).strip().splitlines()[:1] or ["no answer"])
    return done.stdout


def parse_nvidia(text: str) -> tuple[Accelerator, ...]:
    """Rows of ``nvidia-smi --query-gpu=name,memory.total,memory.free --format=csv,noheader,nounits``."""
    found = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.rsplit(",", 2)]
        if len(cells) != 3 or not cells[0]:
            continue
        total, free = (int(cell) * _MIB if cell.isdigit() else None for cell in cells[1:])
        found.append(Accelerator("cuda", cells[0], total, free))
    return tuple(found)


def parse_rocm(text: str) -> tuple[Accelerator, ...]:
    """The JSON of ``rocm-smi --showproductname --showmeminfo vram --json``."""
    found = []
    try:
        cards = json.loads(text)
    except ValueError:
        return ()
    for card, facts in sorted(cards.items()) if isinstance(cards, dict) else ():
        if not card.startswith("card") or not isinstance(facts, dict):
            continue
        total = facts.get("VRAM Total Memory (B)")
        used = facts.get("VRAM Total Used Memory (B)")
        name = facts.get("Card Series") or facts.get("Card series") or card
        has = str(total).isdigit() and str(used).isdigit()
        found.append(
            Accelerator(
                "rocm",
                str(name),
                int(str(total)) if has else None,
                int(str(total)) - int(str(used)) if has else None,
            )
        )
    return tuple(found)


def _query(tool: str, arguments: list[str], unknown: list[str]) -> str:
    path = shutil.which(tool)
    if path is None:
        return ""
    try:
        return _ask([path, *arguments])
    except (OSError, subprocess.SubprocessError) as error:
        unknown.append(f"{tool}: {error}")
        return ""


def probe_accelerators(
    memory_total: int, memory_available: int, unknown: list[str]
) -> tuple[Accelerator, ...]:
    """Every accelerator the drivers tell of; tools that fail are added to ``unknown``.

    ``memory_*`` in bytes serve for Apple's unified memory.
    """
    query = ["--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    found = parse_nvidia(_query("nvidia-smi", query, unknown))
    rocm = ["--showproductname", "--showmeminfo", "vram", "--json"]
    found += parse_rocm(_query("rocm-smi", rocm, unknown))
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        found += (
            Accelerator("metal", "Apple GPU (unified memory)", memory_total, memory_available),
        )
    return found
