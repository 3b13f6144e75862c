# SPDX-License-Identifier: Apache-2.0
"""JSON objects from a repository's files, of reasonable size and shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MAX_BYTES = 5_000_000


def read_object(path: Path) -> Mapping[str, Any]:
    """The object in ``path``; an empty one for anything else."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return {}
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
