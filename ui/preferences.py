# SPDX-License-Identifier: Apache-2.0
"""The choices of language and theme as combo boxes, for the rail's footer and the settings."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox

from selector.wording import Wording

_LANGUAGES = (("en", "English"), ("fr", "Français"))
_THEMES = (
    ("", "theme_system"),
    ("light", "theme_light"),
    ("dark", "theme_dark"),
    ("contrast", "theme_contrast"),
)


def language_box(wording: Wording) -> QComboBox:
    """Languages, each in its own words; the current one is chosen."""
    box = QComboBox()
    box.setAccessibleName(wording.text("window.language"))
    box.setToolTip(wording.text("window.language"))
    for code, name in _LANGUAGES:
        box.addItem(name, code)
    box.setCurrentIndex(max(0, box.findData(wording.language)))
    return box


def theme_box(wording: Wording, theme: str) -> QComboBox:
    """System, light, dark, high contrast; ``theme`` is chosen."""
    box = QComboBox()
    box.setAccessibleName(wording.text("window.theme"))
    box.setToolTip(wording.text("window.theme"))
    for code, key in _THEMES:
        box.addItem(wording.text(f"window.{key}"), code)
    box.setCurrentIndex(max(0, box.findData(theme)))
    return box
