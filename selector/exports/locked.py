# SPDX-License-Identifier: Apache-2.0
"""Requirements with the SHA-256 of every package, dependencies included, from lists that ship with Petit.

Hashes cannot be computed from what is installed, and an export asks no network. So there is a list for
each engine, made at release; it goes along where its versions are those that ran the model.
"""

from __future__ import annotations

from pathlib import Path

from selector.paths import resources_root

FILE = "requirements-hashed.txt"


def write_hashed(folder: Path, name: str) -> bool:
    """Beside ``requirements.txt`` of ``folder``, where the list ``name`` fits it. Raises OSError."""
    lock = resources_root() / "exports" / "python" / "locks" / f"{name}.txt"
    if not lock.is_file():
        return False
    text = lock.read_text(encoding="utf-8")
    pinned = (folder / "requirements.txt").read_text(encoding="utf-8").split()
    if not pinned or not set(pinned) <= {line.split()[0] for line in text.splitlines() if line}:
        return False
    (folder / FILE).write_text(text, encoding="utf-8", newline="\n")
    return True
