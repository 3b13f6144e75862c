# SPDX-License-Identifier: Apache-2.0
"""Icons: SVG files drawn in any colour, sharp at the screen's own pixel ratio."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from selector.paths import resources_root

_SIZES: Final = (16, 20, 24, 32, 48, 64)


def icon_folder() -> Path:
    """Where the SVG files are."""
    return resources_root() / "icons"


@cache
def icon_source(name: str) -> str:
    """The text of an icon's file."""
    return (icon_folder() / f"{name}.svg").read_text(encoding="utf-8")


def tinted(name: str, colour: str) -> str:
    """The SVG text of an icon with ``currentColor`` replaced."""
    return icon_source(name).replace("currentColor", colour)


def app_icon() -> QIcon:
    """The program's own icon, for windows and the task bar."""
    icon = QIcon()
    for size in (*_SIZES, 128, 256):
        icon.addPixmap(_draw(icon_source("petit"), size, 1.0))
    return icon


class Icons:
    """Draws icons and keeps what it drew until ``clear``."""

    def __init__(self) -> None:
        self._pixmaps: dict[tuple[str, str, int, float], QPixmap] = {}
        self._icons: dict[tuple[str, str, str], QIcon] = {}

    def pixmap(self, name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
        """A square pixmap of ``size`` logical pixels."""
        key = (name, colour, size, ratio)
        found = self._pixmaps.get(key)
        if found is None:
            found = self._pixmaps[key] = _draw(tinted(name, colour), max(1, size), ratio)
        return found

    def icon(self, name: str, colour: str, disabled: str) -> QIcon:
        """An icon for buttons, menus and models."""
        key = (name, colour, disabled)
        found = self._icons.get(key)
        if found is None:
            found = QIcon()
            for size in _SIZES:
                found.addPixmap(self.pixmap(name, colour, size))
                found.addPixmap(self.pixmap(name, disabled, size), QIcon.Mode.Disabled)
            self._icons[key] = found
        return found

    def clear(self) -> None:
        """Forget every drawing: the colours changed."""
        self._pixmaps.clear()
        self._icons.clear()


def _draw(source: str, size: int, ratio: float) -> QPixmap:
    pixels = round(size * ratio)
    pixmap = QPixmap(pixels, pixels)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
