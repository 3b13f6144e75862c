# SPDX-License-Identifier: Apache-2.0
"""Settings: one frozen dataclass, one JSON file, replaced atomically."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

VERSION = 1
"""Of the file; a newer Petit writes a higher one where it changes what a setting means."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user chose. Empty strings mean "as the system says"."""

    language: str = ""
    theme: str = ""
    offline: bool = False
    geometry: str = ""
    first_run_done: bool = False
    ranking: str = ""
    """Weights that differ from the defaults, as Weights.read reads them."""
    hub_address: str = ""
    """``HF_ENDPOINT`` wins over it."""
    hub_proxy: str = ""
    hub_xet: bool = False
    keyring_for: str = ""
    """The Hub whose token Petit has put into the keyring; the token itself is never here."""


def load_settings(path: Path) -> Settings:
    """Read settings; whatever cannot be read or is of the wrong type keeps its default."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return Settings()
    if not isinstance(data, dict):
        return Settings()
    defaults = Settings()
    kept: dict[str, Any] = {
        field.name: data[field.name]
        for field in fields(Settings)
        if type(data.get(field.name)) is type(getattr(defaults, field.name))
    }
    return Settings(**kept)


def unusable(path: Path) -> Literal["", "damaged", "newer"]:
    """Why the file there is not one of this Petit's; empty where it is, or there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        return "damaged"
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return "damaged"
    if not isinstance(data, dict):
        return "damaged"
    version = data.get("version", 1)
    known = isinstance(version, int) and version <= VERSION
    return "" if known else "newer"


def save_settings(path: Path, settings: Settings) -> None:
    """Write settings; a file that is damaged or of a newer Petit is set aside first. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if unusable(path):
        number = 1
        while (kept := path.with_name(f"{path.stem}.aside-{number}{path.suffix}")).exists():
            number += 1
        path.rename(kept)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    document = {"version": VERSION, **asdict(settings)}
    temporary.write_text(json.dumps(document, indent=1), encoding="utf-8")
    temporary.replace(path)
