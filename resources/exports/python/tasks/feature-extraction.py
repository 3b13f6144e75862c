"""Feature extraction: one vector of length one for each text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from embedding import Embedder


class Runner:
    """Turns texts into vectors."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.embedder = Embedder(folder, precision)

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "vector", "values": [...]}`` for each text."""
        return [{"kind": "vector", "values": row} for row in self.embedder.vectors(texts)]
