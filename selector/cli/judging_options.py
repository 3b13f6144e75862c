# SPDX-License-Identifier: Apache-2.0
"""Options that ``petit evaluate`` and ``petit decide`` share: how answers are judged and looked into."""

from __future__ import annotations

import argparse
from pathlib import Path


def named(text: str) -> tuple[str, str]:
    """``NAME=CATEGORY``. Raises argparse.ArgumentTypeError."""
    name, sign, category = text.partition("=")
    if not sign or not name.strip() or not category.strip():
        raise argparse.ArgumentTypeError(f"not like NAME=CATEGORY: {text!r}")
    return name.strip(), category.strip()


def add_judging_options(command: argparse.ArgumentParser) -> None:
    """What may be asked of a verdict beside metric, margin and confidence."""
    command.add_argument(
        "--trained-on",
        type=Path,
        metavar="FILE",
        help="texts that a model was trained on: examples among them are counted and told",
    )
    command.add_argument(
        "--failed",
        "--missing",
        choices=["wrong", "exclude"],
        help="an example without an answer counts as wrong (the usual), or is left out for every model",
    )
    command.add_argument(
        "--map",
        action="append",
        default=[],
        type=named,
        metavar="NAME=CATEGORY",
        dest="label_map",
        help="what a model calls NAME is your CATEGORY",
    )
    command.add_argument(
        "--tests",
        action="store_true",
        help="classical tests beside the verdict: McNemar or permutation, Wilson, Holm",
    )
    command.add_argument(
        "--slices",
        action="store_true",
        help="scores by length, right answer, writing and every further column",
    )
    command.add_argument(
        "--target",
        action="append",
        default=[],
        type=float,
        metavar="SHARE",
        dest="targets",
        help="with --calibration: leave out unsure answers until this share is right (such as 0.95)",
    )
    command.add_argument(
        "--calibration",
        action="store_true",
        help="whether models are as sure as they are right, and what leaving out unsure answers brings",
    )
