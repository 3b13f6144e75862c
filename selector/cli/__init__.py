# SPDX-License-Identifier: Apache-2.0
"""The ``petit`` command: one file per group of commands."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``petit``; returns the exit code (0 done, 1 could not, 2 usage, 130 cancelled)."""
    from selector.cli.command import run

    return run(list(sys.argv[1:] if arguments is None else arguments))
