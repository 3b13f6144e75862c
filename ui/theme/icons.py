# SPDX-License-Identifier: Apache-2.0
"""Icons tinted from SVG at the right pixel density."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from selector.paths import resources_root
from ui.theme.theme import Theme


@lru_cache(maxsize=512)
def _rendered(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    path = resources_root() / "icons" / f"{name}.svg"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        text = (resources_root() / "icons" / "info.svg").read_text(encoding="utf-8")
    renderer = QSvgRenderer(QByteArray(text.replace("currentColor", colour).encode()))
    image = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, image.width(), image.height()))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


def pixmap(theme: Theme, name: str, role: str = "text", size: int = 20) -> QPixmap:
    """The icon ``name`` in the colour of token ``role``, ``size`` device-independent pixels wide."""
    screen = QGuiApplication.primaryScreen()
    ratio = screen.devicePixelRatio() if screen is not None else 1.0
    return _rendered(name, str(getattr(theme.tokens, role)), size, ratio)


def icon(theme: Theme, name: str, role: str = "text", size: int = 20) -> QIcon:
    """As ``pixmap``, with a muted look when disabled."""
    result = QIcon(pixmap(theme, name, role, size))
    result.addPixmap(pixmap(theme, name, "muted", size), QIcon.Mode.Disabled)
    return result
