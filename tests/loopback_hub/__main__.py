"""Serve a folder of repositories by hand: python -m tests.loopback_hub --root DIR."""

import argparse
import sys
import threading
from pathlib import Path

from . import LoopbackHub, Repository


def repositories(root: Path) -> list[Repository]:
    """Every folder ORG/NAME below the root."""
    folders = sorted(path for path in root.glob("*/*") if path.is_dir())
    return [
        Repository(f"{folder.parent.name}/{folder.name}", folder)
        for folder in folders
        if not folder.parent.name.startswith(".") and not folder.name.startswith(".")
    ]


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.loopback_hub", description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the folder with ORG/NAME inside")
    parser.add_argument("--port", type=int, default=0, help="the API's port (default: any free)")
    parser.add_argument("--page-size", type=int, default=1000, help="models on a page")
    parser.add_argument("--slow", type=float, metavar="N", help="bytes of a file in a second")
    options = parser.parse_args(arguments)
    found = repositories(options.root)
    if not found:
        parser.error(f"no folder ORG/NAME in {options.root}")
    hub = LoopbackHub(found, port=options.port)
    hub.settings.page_size = options.page_size
    if options.slow:
        hub.faults.slow(options.slow, origin="cdn")
    with hub:
        lines = [f"# {len(found)} repositories", f"HF_ENDPOINT={hub.endpoint}"]
        sys.stdout.write("\n".join([*lines, "HF_HUB_DISABLE_XET=1", ""]))
        sys.stdout.flush()
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
