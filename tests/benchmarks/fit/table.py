# SPDX-License-Identifier: Apache-2.0
"""Puts predictions beside measurements: errors, coverage, order."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from selector import registry
from selector.engines.facts import FileFact, ModelFacts
from selector.fit.costs import costs_of
from selector.fit.pace import pace_of
from selector.fit.predict import computation_of, predict_memory, predict_speed
from selector.fit.weights import weights_of
from selector.fit.workload import Workload
from selector.intervals import Interval
from selector.machine.facts import Machine
from tests.benchmarks.fit import baselines
from tests.benchmarks.fit.measure import Row
from tests.benchmarks.fit.models import Shape

MEMORY_SHARE, MEMORY_BYTES, TOO_LOW = 0.05, 150 * 1024**2, -0.02


@dataclass(frozen=True)
class Compared:
    """One row: what was measured and what was predicted, by Petit and by the others."""

    row: Row
    shape: Shape
    memory: Interval
    seconds: Interval
    """Of an item, or of one token of a decoder."""
    others_memory: dict[str, float]
    others_seconds: dict[str, float | None]

    @property
    def memory_error(self) -> float:
        """Predicted less measured, bytes."""
        return self.memory.expected - self.row.peak_bytes

    @property
    def memory_good(self) -> bool:
        """Within the target."""
        return within(self.memory.expected, self.row.peak_bytes)

    @property
    def speed_error(self) -> float:
        """Predicted over measured seconds, less one."""
        return self.seconds.expected / self.row.item_s - 1


def within(predicted: float, measured: float) -> bool:
    """At most 5 % or 150 MiB too high, never more than 2 % too low."""
    error = predicted - measured
    return TOO_LOW * measured <= error <= max(MEMORY_SHARE * measured, MEMORY_BYTES)


def facts_of(shape: Shape, form: str, folder: Path) -> ModelFacts:
    """What the Hub would tell of the model before a download: configuration, headers, file sizes."""
    config = json.loads((folder / "config.json").read_text())
    header = _header(folder / "model.safetensors")
    parts = form.partition("-")[0]
    files = [
        FileFact(str(path.relative_to(folder).as_posix()), path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    ]
    stored = {"float32": "F32", "bfloat16": "BF16"}[shape.stored]
    return ModelFacts(
        shape.name, "0" * 40, tuple(files), config=config, parameters=header,
        parameters_by_dtype={stored: header},
        weight_format={"torch": "safetensors", "onnx": "safetensors", "llama": "gguf"}[parts],
        basis="header",
    )  # fmt: skip


def _header(path: Path) -> int:
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        tensors = json.loads(file.read(size))
    return sum(
        math.prod(value["shape"]) for name, value in tensors.items() if name != "__metadata__"
    )


def compare(shape: Shape, rows: Iterable[Row], folder: Path, machine: Machine) -> list[Compared]:
    """Every row of one shape with its predictions."""
    found = []
    writes = shape.kind == "writer"
    task = registry.task("text-generation" if writes else "text-classification")
    for row in rows:
        engine, _, precision = row.form.partition("-")
        facts = facts_of(shape, row.form, folder)
        work = Workload(row.load.items, row.load.tokens, row.load.new)
        memory = predict_memory(facts, precision, engine, work=work, machine=machine)
        speed = predict_speed(facts, task, machine, precision, engine, work=work)
        weights = weights_of(facts, engine, precision)
        assert memory is not None
        assert speed is not None
        assert weights is not None
        seconds = Interval(1 / speed.high, 1 / speed.expected, 1 / speed.low)
        computation = computation_of(facts.config)
        assert facts.parameters is not None
        asked = baselines.Asked(
            computation, facts.parameters, precision, weights.run, work, machine.cpu.physical_cores
        )
        pace = pace_of(machine, costs_of(engine), engine, precision)
        found.append(
            Compared(
                row, shape, memory, seconds,
                {
                    "llmfit": baselines.llmfit_memory(asked),
                    "whichllm": baselines.whichllm_memory(asked),
                    "accelerate": baselines.accelerate_memory(asked),
                },
                {
                    "llmfit": baselines.llmfit_seconds(asked) if writes else None,
                    "whichllm": baselines.whichllm_seconds(asked) if writes else None,
                    "roofline": baselines.roofline_seconds(asked, pace, writes),
                },
            )
        )  # fmt: skip
    return found


def kendall_tau(groups: Sequence[Sequence[tuple[float, float]]]) -> float:
    """Kendall's tau-b of predicted and measured values, over the pairs inside the groups."""
    agree = differ = tied = 0
    for pairs in groups:
        for i, (a, b) in enumerate(pairs):
            for c, d in pairs[i + 1 :]:
                sign = (a - c) * (b - d)
                agree, differ, tied = agree + (sign > 0), differ + (sign < 0), tied + (sign == 0)
    whole = agree + differ + tied
    return (agree - differ) / math.sqrt(max(1, agree + differ) * whole) if whole else 1.0


def _share(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(part * len(ordered)) - 1)]


def say_table(compared: Sequence[Compared], say: Callable[[str], None]) -> None:
    """The rows, then the figures of the targets, for all rows and for those held out."""
    say(
        f"{'model':18}{'form':14}{'load':>14}{'MB':>7}{'pred':>7}{'err':>6}  {'ms':>9}{'pred':>9}{'err':>6}"
    )
    for each in compared:
        row = each.row
        load = f"{row.load.items}x{row.load.tokens}+{row.load.new}"
        marks = ("" if each.memory_good else " MEMORY") + (
            " SPEED" if abs(each.speed_error) > 0.25 else ""
        )
        held = " held out" if each.shape.held_out else ""
        say(
            f"{row.shape:18}{row.form:14}{load:>14}{row.peak_bytes / 1e6:7.0f}"
            f"{each.memory.expected / 1e6:7.0f}{each.memory_error / row.peak_bytes:+6.0%}  "
            f"{row.item_s * 1e3:9.1f}{each.seconds.expected * 1e3:9.1f}{each.speed_error:+6.0%}{marks}{held}"
        )
    for name, some in (
        ("all rows", compared),
        ("held out", [each for each in compared if each.shape.held_out]),
    ):
        if some:
            say("")
            _say_figures(name, some, say)


def _say_figures(name: str, some: Sequence[Compared], say: Callable[[str], None]) -> None:
    good = sum(each.memory_good for each in some)
    low = min(each.memory_error / each.row.peak_bytes for each in some)
    errors = [abs(each.speed_error) for each in some]
    held = sum(each.seconds.low <= each.row.item_s <= each.seconds.high for each in some)
    inside = sum(each.memory.low <= each.row.peak_bytes <= each.memory.high for each in some)
    order = [[(e.seconds.expected, e.row.item_s) for e in group] for group in _groups(some)]
    say(f"{name}: {len(some)}")
    say(
        f"  memory within max(5 %, 150 MiB) and at most 2 % low: {good}/{len(some)}; lowest {low:+.1%}"
    )
    say(f"  speed error: median {statistics.median(errors):.0%}, p90 {_share(errors, 0.9):.0%}")
    say(f"  80 % intervals hold: speed {held / len(some):.0%}, memory {inside / len(some):.0%}")
    say(f"  order of contestants, Kendall tau: {kendall_tau(order):.2f}")
    for other in ("llmfit", "whichllm", "accelerate"):
        found = [(each.others_memory[other], each.row.peak_bytes) for each in some]
        wide = [abs(p - m) / m for p, m in found]
        kept = sum(within(p, m) for p, m in found)
        say(
            f"  {other} memory: within {kept}/{len(found)}, median error {statistics.median(wide):.0%},"
            f" lowest {min((p - m) / m for p, m in found):+.0%}"
        )
    for other in ("llmfit", "whichllm", "roofline"):
        off = [
            abs(value / each.row.item_s - 1)
            for each in some
            if (value := each.others_seconds[other]) is not None
        ]
        if off:
            say(
                f"  {other} speed ({len(off)} rows): median error {statistics.median(off):.0%},"
                f" p90 {_share(off, 0.9):.0%}"
            )


def _groups(some: Sequence[Compared]) -> list[list[Compared]]:
    """Contestants that a person would compare: the same kind of model at the same size of input."""
    groups: dict[tuple[str, int], list[Compared]] = {}
    for each in some:
        place = each.shape.loads.index(each.row.load)
        groups.setdefault((each.shape.kind, place), []).append(each)
    return list(groups.values())
