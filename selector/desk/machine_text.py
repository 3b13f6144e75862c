# SPDX-License-Identifier: Apache-2.0
"""A machine in plain sentences: what ``petit machine`` prints and the window copies. No path, no user's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from selector.machine.facts import Accelerator, Calibration, EngineCalibration, Machine
from selector.machine.outdated import Outdated
from selector.wording import Wording

_NAMES = {"torch": "PyTorch", "onnx": "ONNX Runtime", "llama": "llama.cpp"}


def report(
    machine: Machine,
    engines: Sequence[Mapping[str, Any]],
    again: Sequence[Outdated],
    words: Wording,
) -> list[str]:
    """Every line of it. ``engines`` as the desk gives them, ``again`` why to measure again."""
    text = words.text
    lines = [text("machine.report.title")]
    system = machine.os
    if machine.surroundings:
        system += f" · {text('machine.inside', what=machine.surroundings)}"
    lines.append(_line("machine.system", system, words))
    lines.append(_line("machine.cpu", f"{machine.cpu.name}, {cores(machine, words)}", words))
    if machine.cpu.features:
        lines.append(text("machine.features", features=machine.cpu.features))
    lines.append(_line("machine.memory", memory(machine, words), words))
    lines.append(_line("machine.swap", swap(machine, words), words))
    if power := power_note(machine, words):
        lines.append(_line("machine.power", power, words))
    lines.extend(
        _line("machine.gpu", f"{item.name}, {accelerator_note(item, words)}", words)
        for item in machine.accelerators
    )
    if not machine.accelerators:
        lines.append(_line("machine.gpu", text("machine.gpu_none"), words))
    lines.append(_line("machine.disk", words.bytes(machine.disk.free_bytes), words))
    lines.extend(_engine(engine, words) for engine in engines)
    lines.append(_line("machine.rates", rates(machine, words), words))
    lines.extend(f"  {line}" for line in engine_rates(machine.calibration, words))
    lines.extend(why_again(again, words))
    if machine.overridden:
        lines.append(by_hand(machine, words))
    lines.extend(f"? {item}" for item in machine.unknown)
    return lines


def _line(key: str, value: str, words: Wording) -> str:
    return words.text("machine.line", what=words.text(key), value=value)


def cores(machine: Machine, words: Wording) -> str:
    """Cores, and threads where they differ."""
    cpu = machine.cpu
    text = words.text("machine.cores", n=cpu.physical_cores)
    if cpu.logical_cores != cpu.physical_cores:
        text += f" · {words.text('machine.threads', n=cpu.logical_cores)}"
    return text


def memory(machine: Machine, words: Wording) -> str:
    """Free memory of how much, and who limits it."""
    now = machine.memory
    text = f"{words.bytes(now.available_bytes)} {words.text('machine.memory_of', total=now.total_bytes)}"
    return f"{text}, {words.text('machine.memory_limited')}" if now.limited else text


def swap(machine: Machine, words: Wording) -> str:
    """Swap, which is no place for models."""
    now = machine.memory
    if not now.swap_total_bytes:
        return words.text("machine.swap_none")
    return words.text("machine.swap_some", free=now.swap_free_bytes, total=now.swap_total_bytes)


def power_note(machine: Machine, words: Wording) -> str:
    """Source, mode and heat, as far as they are known."""
    power = machine.power
    parts = [words.text(f"machine.power_{power.source}")] if power.source else []
    parts += [power.mode] if power.mode else []
    if power.temperature_c is not None:
        parts.append(words.text("machine.temperature", celsius=round(power.temperature_c)))
    if power.hot:
        parts.append(words.text("machine.hot"))
    return " · ".join(parts)


def accelerator_note(accelerator: Accelerator, words: Wording) -> str:
    """Memory of an accelerator, what it is, and why it is not used."""
    text = words.text
    parts = []
    if accelerator.integrated:
        parts.append(text("machine.gpu_shared"))
    elif accelerator.memory_total_bytes is not None and accelerator.memory_free_bytes is not None:
        free, total = accelerator.memory_free_bytes, accelerator.memory_total_bytes
        parts.append(text("machine.gpu_memory", free=free, total=total))
    elif accelerator.memory_total_bytes is not None:
        parts.append(text("machine.gpu_total", total=accelerator.memory_total_bytes))
    if accelerator.compute:
        parts.append(accelerator.compute)
    if accelerator.driver:
        parts.append(text("machine.gpu_driver", version=accelerator.driver))
    if accelerator.problem:
        problem = text(f"machine.problem.{accelerator.problem}")
        parts.append(text("machine.gpu_problem", problem=problem))
    else:
        parts.append(text("machine.gpu_unused"))
    return " · ".join(parts)


def _engine(engine: Mapping[str, Any], words: Wording) -> str:
    facts = {"title": engine["title"], "formats": " ".join(engine["formats"])}
    if engine["available"]:
        return words.text("cli.engine", **facts)
    why = words.text(engine["reason"]["code"], **engine["reason"]["facts"])
    return words.text("cli.engine_missing", why=why, **facts)


def rates(machine: Machine, words: Wording) -> str:
    """What calibration measured of the machine."""
    measured = machine.calibration
    if measured is None:
        return words.text("machine.rates_none")
    return words.text(
        "machine.rates_done",
        read=measured.read_bytes_per_s,
        gemm=words.number(measured.gemm_flop_per_s / 1e9, 2),
        noise=measured.noise,
        when=measured.measured_at[:10],
    )


def engine_rates(measured: Calibration | None, words: Wording) -> list[str]:
    """One line for each engine that was measured."""
    found = measured.engines if measured is not None else {}
    return [engine_line(name, found[name], words) for name in found]


def engine_line(name: str, engine: EngineCalibration, words: Wording) -> str:
    """Version, empty process, and by number format what it reads and computes."""
    number = words.number
    parts = []
    for dtype, each in engine.rates.items():
        said = []
        if each.read_bytes_per_s is not None:
            said.append(words.text("machine.reads", read=each.read_bytes_per_s))
        if each.gemm_flop_per_s is not None:
            small, large = (number(rate / 1e9, 2) for rate in each.gemm_flop_per_s)
            said.append(words.text("machine.computes", small=small, large=large))
        parts.append(words.text("machine.line", what=dtype, value=", ".join(said)))
    return words.text(
        "machine.engine_rates",
        engine=_NAMES.get(name, name),
        version=engine.version,
        rates="; ".join(parts),
        empty=engine.empty_bytes,
        layer=words.seconds(engine.layer_overhead_s),
        noise=engine.noise,
    )


def engine_table(measured: Calibration | None, words: Wording) -> list[tuple[str, ...]]:
    """The same as rows of cells, with the columns' names first; empty where nothing was measured."""
    if measured is None or not measured.engines:
        return []
    columns = ("engine", "numbers", "reads", "computes", "layer", "empty", "noise")
    rows = [tuple(words.text(f"machine.column.{name}") for name in columns)]
    for name, engine in measured.engines.items():
        first = (_NAMES.get(name, name),)
        last = (
            words.seconds(engine.layer_overhead_s),
            words.bytes(engine.empty_bytes),
            words.percent(engine.noise),
        )
        for dtype, each in engine.rates.items():
            read = "–" if each.read_bytes_per_s is None else words.bytes(each.read_bytes_per_s)
            gemm = "–"
            if each.gemm_flop_per_s is not None:
                gemm = " – ".join(words.number(rate / 1e9, 2) for rate in each.gemm_flop_per_s)
            rows.append((*first, dtype, read, gemm, *last))
            first, last = ("",), ("", "", "")  # of the engine: once is enough
    return rows


def why_again(again: Sequence[Outdated], words: Wording) -> list[str]:
    """Why measuring again is worth fifteen seconds, one sentence a reason."""

    def said(told: str) -> str:
        parts = [
            words.text(f"machine.power_{part}") if part in {"mains", "battery"} else part
            for part in told.split(", ")
        ]
        return ", ".join(parts) if told else words.text("machine.again_nothing")

    return [
        words.text(
            f"machine.again_{each.why}",
            was=said(each.was),
            now=said(each.now),
            engine=_NAMES.get(each.engine, each.engine),
        )
        for each in again
    ]


def by_hand(machine: Machine, words: Wording) -> str:
    """Which figures the user set."""
    names = (f"{words.text(f'machine.set.{name}')} ({name})" for name in machine.overridden)
    return words.text("machine.by_hand", names=", ".join(names))


def most_useful(accelerators: Sequence[Accelerator]) -> Accelerator | None:
    """The one to speak of first: it works, and has the most memory of its own."""
    return max(
        accelerators,
        key=lambda each: (each.problem is None, each.memory_total_bytes or 0),
        default=None,
    )
