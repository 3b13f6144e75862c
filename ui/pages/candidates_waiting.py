# SPDX-License-Identifier: Apache-2.0
"""Tells that a search waits for the Hub, counts the seconds, and lets the user stop it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from selector.desk.requests import SearchWait
from ui.pages.announce import announce
from ui.pages.candidates_summary import wait_text
from ui.pages.labels import label
from ui.services import Services
from ui.widgets.icon_label import IconLabel


class CandidatesWaiting(QFrame):
    """Hidden while nothing is waited for.

    Signals:
        stop_asked: the user does not want to wait.
        began: it is shown, with a button of its own to stop.
    """

    began = Signal()
    stop_asked = Signal()

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = services.wording
        self._reason = ""
        self.setProperty("banner", "accent")
        icon = IconLabel(services.theme, scale=1.1)
        icon.set_icon("loader", "accent")
        self._text = label("")
        self.stop = QPushButton(services.wording.text("candidates.stop"))
        self.stop.clicked.connect(self.stop_asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 8, 4)
        row.setSpacing(12)
        row.addWidget(icon)
        row.addWidget(self._text, 1)
        row.addWidget(self.stop)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()

    def show_waits(self, waits: Sequence[SearchWait]) -> None:
        """Show the newest; none is left when its seconds are used up."""
        wait = waits[-1]
        if wait.seconds_left <= 0:
            self.end()
            return
        self._text.setText(wait_text(wait, self._wording))
        if wait.reason != self._reason:
            # Said once: a number read out each second would hide everything else.
            self._reason = wait.reason
            self.setAccessibleName(self.text)
            announce(self, self.text)
            self.show()
            self.began.emit()

    def end(self) -> None:
        """Nothing is waited for any more."""
        self._reason = ""
        self.hide()
