# SPDX-License-Identifier: Apache-2.0
"""Tells of long work that ended while the user was elsewhere: the taskbar, and a message of the desktop."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from ui.background import Job
from ui.services import Services

LEAST_S = 8.0
"""Whoever looks away for less is back by then."""
_WORTH_IT: Final = frozenset({"try", "evaluate", "calibration", "verify", "export"})


class Notifier(QObject):
    """Watches the background and the downloads.

    Signals:
        told: a sentence went to the desktop.
        chosen: the user clicked on it.
    """

    told = Signal(str)
    chosen = Signal()

    def __init__(self, services: Services, window: QWidget, least_s: float = LEAST_S) -> None:
        super().__init__(window)
        self._services, self._window, self._least_s = services, window, least_s
        self._tray: QSystemTrayIcon | None = None
        services.background.job_ended.connect(self._job_ended)
        services.downloads.ended.connect(self._download_ended)

    def _job_ended(self, job: Job, kind: str, seconds: float) -> None:
        if job.name in _WORTH_IT and kind in {"done", "error"} and seconds >= self._least_s:
            self.tell(self._services.wording.text(f"window.ended.{job.name}_{kind}"))

    def _download_ended(self, _key: object, came: object) -> None:
        """One message for the whole queue, or for what needs the user."""
        failed = isinstance(came, Exception)
        if failed or not self._services.downloads.active:
            kind = "error" if failed else "done"
            self.tell(self._services.wording.text(f"window.ended.download_{kind}"))

    def tell(self, text: str) -> None:
        """Say it where the user is, unless that is here."""
        if self._window.isActiveWindow():
            return
        QApplication.alert(self._window)
        if QSystemTrayIcon.isSystemTrayAvailable():
            # The icon is there only as long as the message needs it: Petit does not live in the tray.
            if self._tray is None:
                self._tray = QSystemTrayIcon(self._window.windowIcon(), self)
                self._tray.messageClicked.connect(self.chosen)
                QApplication.instance().aboutToQuit.connect(self._tray.hide)  # type: ignore[union-attr]
            self._tray.show()
            self._tray.showMessage(self._services.wording.text("window.title"), text)
        self.told.emit(text)

    def forget(self) -> None:
        """The user is here: nothing to tell any more."""
        if self._tray is not None:
            self._tray.hide()
