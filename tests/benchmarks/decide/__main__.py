# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import argparse
import sys

from tests.benchmarks.decide import best, labels, race, speed, votes
from tests.benchmarks.decide.collections import collections
from tests.benchmarks.decide.report import table

GROUPS = ("labels", "best", "race", "votes", "speed")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.decide")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--runs", type=int, default=10, help="draws from each collection")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if unknown := set(options.groups) - set(GROUPS):
        parser.error(f"no such group: {', '.join(sorted(unknown))}")
    groups = options.groups or GROUPS
    found = collections()
    lines = []
    for name, module in (("labels", labels), ("best", best), ("race", race)):
        if name in groups:
            lines += module.measure(found, options.runs, options.seed)
    if "votes" in groups:
        lines += votes.measure(20 * options.runs, options.seed)
    if "speed" in groups:
        lines += speed.measure(60, options.seed)
    sys.stdout.write(table(lines) + "\n")


if __name__ == "__main__":
    main()
