# SPDX-License-Identifier: Apache-2.0
"""An icon beside text: as large as the text, in the colour of a token, new with every theme."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme.theme import Theme


class IconLabel(QWidget):
    """Draws one icon; says nothing to screen readers, the words beside it do."""

    def __init__(
        self,
        theme: Theme,
        icon: str = "",
        role: str = "muted",
        scale: float = 1.0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._icon, self._role, self._scale = theme, icon, role, scale
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def icon(self) -> str:
        """The name of the icon."""
        return self._icon

    def set_icon(self, icon: str, role: str | None = None) -> None:
        """Show another icon, or the same in another colour."""
        self._icon, self._role = icon, role or self._role
        self.update()

    def sizeHint(self) -> QSize:
        """A square as high as a line of text."""
        side = round(self.fontMetrics().height() * 1.05 * self._scale)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        """The same: icons do not shrink."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the icon."""
        if not self._icon:
            return
        side = min(self.width(), self.height())
        pixmap = self._theme.pixmap(self._icon, self._role, side, self.devicePixelRatioF())
        target = QRect(0, 0, side, side)
        target.moveCenter(self.rect().center())
        painter = QPainter(self)
        painter.drawPixmap(target, pixmap)
        painter.end()
