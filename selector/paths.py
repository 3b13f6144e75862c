# SPDX-License-Identifier: Apache-2.0
"""Where things are: Petit's own folder, the Hugging Face cache, the resources that ship with it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import platformdirs

APP = "petit"


@dataclass(frozen=True, slots=True)
class Locations:
    """Everything Petit writes lies under ``data`` (the model cache excepted)."""

    data: Path

    @property
    def database(self) -> Path:
        """The SQLite store."""
        return self.data / "petit.db"

    @property
    def model_index(self) -> Path:
        """Models that searches have seen; may be deleted at any time."""
        return self.data / "models.db"

    @property
    def answers(self) -> Path:
        """Answers of chat endpoints; may be deleted, but then the same questions cost again."""
        return self.data / "answers.db"

    @property
    def endpoints(self) -> Path:
        """Chat endpoints that the user has set up; no keys."""
        return self.data / "endpoints.json"

    @property
    def prices(self) -> Path:
        """The user's price table."""
        return self.data / "prices.json"

    @property
    def prompts(self) -> Path:
        """The user's own prompts."""
        return self.data / "prompts"

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.data / "settings.json"

    @property
    def overrides(self) -> Path:
        """Figures of the machine that the user set by hand."""
        return self.data / "machine.json"

    @property
    def log(self) -> Path:
        """The rotating log."""
        return self.data / "log" / "petit.log"

    @property
    def decisions(self) -> Path:
        """Saved decision files."""
        return self.data / "decisions"

    @property
    def judgements(self) -> Path:
        """What the person said: labels and votes, one file for each job's examples."""
        return self.data / "judgements"

    @property
    def searches(self) -> Path:
        """What the last search of each task looked at; may be deleted at any time."""
        return self.data / "searches"

    @property
    def exports(self) -> Path:
        """Where an export goes unless the user names a folder."""
        return self.data / "exports"

    @property
    def made(self) -> Path:
        """Forms of models that Petit made itself, each in a folder named after its source."""
        return self.data / "made"

    @property
    def downloads(self) -> Path:
        """Partial downloads, kept across restarts so that they resume."""
        return self.data / "downloads"

    def create(self) -> Locations:
        """Make the folder (private to the user) and return self."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self


def locations(data_dir: Path | None = None) -> Locations:
    """Petit's own folder: ``data_dir``, or the platform's place for user data."""
    if data_dir is not None:
        return Locations(data_dir.expanduser().resolve())
    return Locations(Path(platformdirs.user_data_dir(APP, appauthor=False)))


def hub_cache() -> Path:
    """The Hugging Face cache, found as huggingface_hub finds it, without importing it."""
    if direct := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(direct).expanduser()
    return hf_home() / "hub"


def hf_home() -> Path:
    """``HF_HOME`` or its default."""
    if home := os.environ.get("HF_HOME"):
        return Path(home).expanduser()
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base).expanduser() / "huggingface"


@cache
def resources_root() -> Path:
    """The resources folder: inside the package when installed, beside it in a checkout."""
    inside = Path(str(files("selector"))) / "_resources"
    if inside.is_dir():
        return inside
    return Path(__file__).resolve().parent.parent / "resources"
