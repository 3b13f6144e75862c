# SPDX-License-Identifier: Apache-2.0
"""Models laid into the Hugging Face cache of a test, as a download leaves them."""

from __future__ import annotations

import shutil
from pathlib import Path

from selector.paths import hub_cache
from tests.ui.prepared import SHA


def put_in_cache(source: Path, repo: str) -> str:
    """Copy a model's folder there; gives its pinned reference."""
    folder = hub_cache() / f"models--{repo.replace('/', '--')}" / "snapshots" / SHA
    shutil.copytree(source, folder)
    return f"{repo}@{SHA}"
