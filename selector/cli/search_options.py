# SPDX-License-Identifier: Apache-2.0
"""The options of ``petit search``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from selector.hub.filters import GATES, SHOWABLE, SORTS, day_of

_DAYS = re.compile(r"(\d{1,5})\s*d")


def day(text: str) -> str:
    """An ISO date, or so many days ago: ``2026-01-31``, ``90d``. Raises argparse.ArgumentTypeError."""
    if ago := _DAYS.fullmatch(text.strip().lower()):
        return (datetime.now(UTC) - timedelta(days=int(ago[1]))).date().isoformat()
    if day_of(text) is None:
        raise argparse.ArgumentTypeError(f"not a date such as 2026-01-31 or 90d: {text!r}")
    return text.strip()


def shown(text: str) -> tuple[str, ...]:
    """Names of filters, with commas between them. Raises argparse.ArgumentTypeError."""
    names = tuple(
        part.strip().replace("-", "_") for part in text.lower().split(",") if part.strip()
    )
    wrong = [name for name in names if name not in {*SHOWABLE, "all"}]
    if wrong or not names:
        known = ", ".join(name.replace("_", "-") for name in (*SHOWABLE, "all"))
        raise argparse.ArgumentTypeError(f"not one of {known}: {text!r}")
    return names


def add_search_options(search: argparse.ArgumentParser, quantity: Callable[[str], int]) -> None:
    """Add them; ``quantity`` reads a number with a unit."""
    add = search.add_argument
    add("--task", required=True, metavar="ID")
    add("--query", metavar="WORDS", help="words in a model's name")
    add("--language", metavar="CODE", help="for example fr")
    add("--licence", default="any", metavar="permissive|any|SPDX", help="a class, or one licence")
    add("--min-params", type=quantity, metavar="10M")
    add("--max-params", type=quantity, metavar="500M")
    add("--max-memory", type=quantity, metavar="2GB", help="expected peak on this computer")
    add("--max-download", type=quantity, metavar="1GB")
    add("--gated", default="any", choices=GATES, help="models whose authors ask for an agreement")
    add("--library", metavar="NAME", help="for example transformers, gguf")
    add("--updated-since", type=day, metavar="DATE|90d")
    add(
        "--show",
        action="extend",
        type=shown,
        default=[],
        metavar="FILTER",
        help="show what this filter takes away, marked with the reason: "
        + ", ".join(name.replace("_", "-") for name in SHOWABLE),
    )
    add("--show-all", action="store_true", help="as --show all")
    add("--sort", default="rank", choices=SORTS)
    add(
        "--weights",
        default="",
        metavar="adoption=0,speed=40",
        help="how much each component of the ranking counts, 0 to 100; the others keep their default",
    )
    add("--limit", type=int, default=20)
