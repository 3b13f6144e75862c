# SPDX-License-Identifier: Apache-2.0
"""``python -m ui``: opens the window; with ``--worker`` (frozen builds) becomes a worker before any Qt."""

from __future__ import annotations

import runpy
import sys


def main() -> int:
    """Run the window, or a worker."""
    if sys.argv[1:2] == ["--worker"]:
        del sys.argv[1]
        runpy.run_module("selector.worker", run_name="__main__", alter_sys=True)
        return 0
    from ui.app import main as open_window

    return open_window(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
