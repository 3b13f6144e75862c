# SPDX-License-Identifier: Apache-2.0
"""Predicts, runs, and compares: one table of memory and speed for models of real shapes.

    python -m tests.benchmarks.fit [--threads 1] [--rounds 3] [--only NAME] [--folder DIR] [--rows FILE]

The machine is calibrated first. Each form then runs in a process of its own, at two input sizes. Constants
of the predictions were fitted on the shapes that are not marked ``held out``. ``--rows`` keeps the
measurements as JSON lines, and those that are there are not measured again.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

from selector.engines.calibration.service import ENGINES
from selector.machine.codec import calibration_from_json, engine_from_json
from selector.machine.facts import Machine
from selector.machine.probe import probe
from selector.worker.client import WorkerClient
from tests.benchmarks.fit.measure import Row, measure
from tests.benchmarks.fit.models import SHAPES, TINY, Load
from tests.benchmarks.fit.table import Compared, compare, say_table


def say(text: str = "") -> None:
    """Print at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def calibrated(threads: int, engines: Sequence[str]) -> Machine:
    """This machine with its rates at ``threads``."""
    with WorkerClient("machine") as worker:
        calibration = calibration_from_json(worker.call("calibrate", {}, lambda _: None))
    measured = {}
    for name in engines:
        with WorkerClient("calibration") as worker:
            found = worker.call("measure", {"engine": name, "threads": threads}, lambda _: None)
        measured[name] = engine_from_json(found)
        said = {
            dtype: (rates.read_bytes_per_s, rates.gemm_flop_per_s)
            for dtype, rates in measured[name].rates.items()
        }
        say(
            f"{name}: empty {measured[name].empty_bytes / 1e6:.0f} MB,"
            f" layer {measured[name].layer_overhead_s * 1e6:.0f} us, {said}"
        )
    found_here = probe(Path(tempfile.gettempdir()))
    return replace(found_here, calibration=replace(calibration, engines=measured))


def kept_rows(path: Path | None) -> list[Row]:
    """Rows of an earlier run."""
    if path is None or not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    return [Row(**{**each, "load": Load(**each["load"])}) for each in found]


def main(arguments: Sequence[str] | None = None) -> list[Compared]:
    """Run and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.fit")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args(arguments)
    shapes = TINY if options.tiny else SHAPES
    forms = {form.partition("-")[0] for shape in shapes for form in shape.forms}
    machine = calibrated(options.threads, [name for name in ENGINES if name in forms])
    rows = kept_rows(options.rows)
    compared: list[Compared] = []
    with ExitStack() as stack:
        root = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        for shape in shapes:
            for form in shape.forms:
                if options.only not in f"{shape.name} {form}":
                    continue
                found = [row for row in rows if (row.shape, row.form) == (shape.name, form)]
                if not found:
                    found = measure(shape, form, root, options.threads, options.rounds)
                    if options.rows:
                        with options.rows.open("a", encoding="utf-8") as file:
                            file.writelines(json.dumps(asdict(row)) + "\n" for row in found)
                folder = root / shape.name.replace("/", "-")
                compared += compare(shape, found, folder, machine)
    say_table(compared, say)
    return compared


if __name__ == "__main__":
    main()
