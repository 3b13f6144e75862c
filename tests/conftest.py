# SPDX-License-Identifier: Apache-2.0
"""Every test gets an empty home: nothing of the user's is read, nothing is written outside tmp."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# No test may need a display; a window shown on one would take the focus of whoever runs them.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def empty_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """HOME, the Hugging Face cache and the user's data folders point into tmp."""
    home = tmp_path_factory.mktemp("home")
    for name in (
        "HF_ENDPOINT",
        "HF_HUB_CACHE",
        "HF_TOKEN",
        "HF_HUB_OFFLINE",
        "HUGGINGFACE_HUB_CACHE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("HF_HOME", str(home / "huggingface"))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("LANG", "C.UTF-8")
    return home
