# SPDX-License-Identifier: Apache-2.0
"""Composition root of the window: command line, application, services, window."""

from __future__ import annotations

import argparse
import logging
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from selector.desk.desk import Desk
from selector.log import redact, start_log
from selector.paths import locations
from selector.settings import Settings, load_settings
from selector.wording import LANGUAGES
from ui.single_instance import SingleInstance, hand_over, meeting_point
from ui.startup import seconds_since_start
from ui.window import Window

_log = logging.getLogger("selector.ui")
_LONGEST = 6000
"""Signs of a traceback that are worth copying: its end."""


def main(argv: Sequence[str]) -> int:
    """Open the window and run it until it is closed; returns the exit status."""
    options = _parser().parse_args(argv)
    places = locations(options.data_dir)
    start_log(places.log)
    settings = load_settings(places.settings)
    app = QApplication([sys.argv[0]])
    app.setApplicationName("petit")
    app.setApplicationDisplayName("Petit")
    app.setDesktopFileName("petit")
    app.setStyle("Fusion")
    name = meeting_point(places.data)
    if hand_over(name, options.file):
        return 0
    window = Window(
        places,
        Desk(places, offline=options.offline or settings.offline, keeps_spare=True),
        _overridden(settings, options),
        decision_file=options.file,
    )
    reporter = _CrashReporter(window)
    sys.excepthook = reporter.report
    single = SingleInstance(name, window)
    single.started_again.connect(window.started_again)
    opened = _FileOpened(window)
    app.installEventFilter(opened)
    window.first_painted.connect(_log_start)
    window.show()
    try:
        return app.exec()
    finally:
        sys.excepthook = sys.__excepthook__


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="petit", description="Open Petit's window.")
    parser.add_argument("file", nargs="?", type=Path, help="a decision file, *.petit.json")
    parser.add_argument("--data-dir", type=Path, help="where Petit keeps its own files")
    parser.add_argument("--offline", action="store_true", help="contact nobody")
    parser.add_argument("--theme", choices=("system", "light", "dark", "contrast"))
    parser.add_argument("--language", choices=LANGUAGES)
    return parser


def _overridden(settings: Settings, options: argparse.Namespace) -> Settings:
    if options.offline:
        settings = replace(settings, offline=True)
    if options.theme:
        settings = replace(settings, theme="" if options.theme == "system" else options.theme)
    if options.language:
        settings = replace(settings, language=options.language)
    return settings


def _log_start() -> None:
    _log.info("first paint %.2f s after the process started", seconds_since_start())


class _CrashReporter:
    """Takes exceptions that nobody caught: log, and a banner in the window that does not block."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def report(
        self,
        kind: type[BaseException],
        error: BaseException,
        trace: TracebackType | None,
    ) -> None:
        """Log the exception and tell the user once it is safe to do so."""
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        _log.critical("uncaught exception", exc_info=(kind, error, trace))
        told = "".join(traceback.format_exception(kind, error, trace))
        self._window.show_crash(redact(told[-_LONGEST:]))


class _FileOpened(QObject):
    """On a Mac a file that is double-clicked arrives as an event, not as an argument."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the file; everything else goes its way."""
        if isinstance(event, QFileOpenEvent):
            self._window.started_again(event.file())
            return True
        return super().eventFilter(watched, event)
