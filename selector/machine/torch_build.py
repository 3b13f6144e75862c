# SPDX-License-Identifier: Apache-2.0
"""Which accelerators the installed PyTorch was built for: read from its files, never imported."""

from __future__ import annotations

import importlib.util
import platform
import re
from pathlib import Path

_MAX_BYTES = 20_000


def torch_backends() -> frozenset[str]:
    """Of ``cuda``, ``rocm``, ``xpu`` and ``metal``; none where PyTorch is not installed."""
    try:
        spec = importlib.util.find_spec("torch")
    except (ImportError, ValueError):
        spec = None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not places:
        return frozenset()
    try:
        with Path(places[0], "version.py").open(encoding="utf-8", errors="replace") as file:
            found = parse_version(file.read(_MAX_BYTES))
    except OSError:
        found = frozenset()
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        found |= {"metal"}
    return found


def parse_version(text: str) -> frozenset[str]:
    """From the text of torch/version.py: ``cuda: Optional[str] = '12.8'``, ``hip``, ``xpu``."""
    names = {"cuda": "cuda", "hip": "rocm", "xpu": "xpu"}
    given = re.findall(r"^(cuda|hip|xpu)\b[^=\n]*=[ \t]*['\"]", text, re.MULTILINE)
    return frozenset(names[name] for name in given)
