# SPDX-License-Identifier: Apache-2.0
"""``petit machine``."""

from __future__ import annotations

import argparse

from selector.cli.console import Screen
from selector.desk.desk import Desk
from selector.machine.codec import machine_to_json


def machine(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """What this computer is."""
    found = desk.calibrate(lambda _: None) if options.calibrate else desk.machine()
    if screen.as_json:
        screen.document({**machine_to_json(found), "engines": desk.engines()})
        return
    say, words = screen.say, screen.wording
    say(found.os, "bold")
    cpu = found.cpu
    say(
        words.text("cli.cpu", name=cpu.name, physical=cpu.physical_cores, logical=cpu.logical_cores)
    )
    say(words.text("cli.features", features=" ".join(cpu.features) or "–"))
    memory = found.memory
    say(words.text("cli.memory", available=memory.available_bytes, total=memory.total_bytes))
    for item in found.accelerators:
        say(
            words.text(
                "cli.accelerator",
                name=item.name,
                free=item.memory_free_bytes,
                total=item.memory_total_bytes,
            )
        )
    if not found.accelerators:
        say(words.text("cli.no_accelerator"))
    say(words.text("cli.disk", free=found.disk.free_bytes))
    for engine in desk.engines():
        facts = {"title": engine["title"], "formats": " ".join(engine["formats"])}
        if engine["available"]:
            say(words.text("cli.engine", **facts))
        else:
            reason = engine["reason"]
            why = words.text(reason["code"], **reason["facts"])
            say(words.text("cli.engine_missing", why=why, **facts))
    if found.calibration is None:
        say(words.text("cli.not_calibrated"))
    else:
        rates = found.calibration
        say(
            words.text(
                "cli.calibrated", read=rates.read_bytes_per_s, gemm=rates.gemm_flop_per_s / 1e9
            )
        )
    for text in found.unknown:
        screen.note(text)
