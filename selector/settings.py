# SPDX-License-Identifier: Apache-2.0
"""Settings: one frozen dataclass, one JSON file, replaced atomically."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any


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
    except (OSError, ValueError):
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


def save_settings(path: Path, settings: Settings) -> None:
    """Write settings. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(asdict(settings), indent=1), encoding="utf-8")
    temporary.replace(path)
