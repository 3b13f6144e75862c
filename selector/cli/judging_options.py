# SPDX-License-Identifier: Apache-2.0
"""Options that ``petit evaluate`` and ``petit decide`` share: how answers are judged and looked into."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_judging_options(command: argparse.ArgumentParser) -> None:
    """What may be asked of a verdict beside metric, margin and confidence."""
    command.add_argument(
        "--trained-on",
        type=Path,
        metavar="FILE",
        help="texts that a model was trained on: examples among them are counted and told",
    )
    command.add_argument(
        "--slices",
        action="store_true",
        help="scores by length, right answer, writing and every further column",
    )
