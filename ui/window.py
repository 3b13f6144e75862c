# SPDX-License-Identifier: Apache-2.0
"""The window: steps on the left, pages on the right, messages above them, one job at a time."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from pathlib import Path
from typing import cast

from PySide6.QtCore import QByteArray, QEvent, QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QApplication, QDialog, QHBoxLayout, QMainWindow, QMessageBox, QWidget

from selector.desk.desk import Desk
from selector.errors import PetitError, StoreDamaged, StoreTooNew
from selector.hub.score import Weights
from selector.paths import Locations
from selector.settings import Settings, save_settings, unusable
from selector.store.projects import Project
from selector.wording import Wording, system_language
from ui.background import Background
from ui.dialogs.help_dialog import HelpDialog
from ui.dialogs.library_dialog import LibraryDialog
from ui.dialogs.settings_dialog import SettingsDialog
from ui.job_actions import JobActions
from ui.job_menu import JobMenu, job_title
from ui.jobs import Jobs
from ui.messages import message_of, show_error
from ui.notifier import Notifier
from ui.page_stack import PageStack
from ui.project_keeper import ProjectKeeper
from ui.rail import Rail
from ui.rail_footer import QUIET
from ui.services import Services
from ui.shortcuts import Shortcuts
from ui.theme.theme import Theme

DECISION_SUFFIX = ".petit.json"
INTERRUPTIBLE = QUIET | {"machine", "library", "search", "examples"}
"""Jobs that may be ended without asking."""


class Window(QMainWindow):
    """Steps and pages around one project.

    Signals:
        first_painted: the window was drawn for the first time.
    """

    first_painted = Signal()

    def __init__(
        self,
        places: Locations,
        desk: Desk,
        settings: Settings,
        decision_file: Path | None = None,
    ) -> None:
        super().__init__()
        self._places = places
        self._painted = False
        self._dialog: QDialog | None = None
        background = Background(self)
        theme = Theme(_application(), settings.theme, self)
        wording = Wording(settings.language or system_language())
        desk.language = wording.language
        keeper = ProjectKeeper(places.database, background, self._show_error)
        kept = keeper.recent()
        self.services = Services(
            desk=desk,
            wording=wording,
            theme=theme,
            background=background,
            settings=settings,
            project=kept[0] if kept else Project(sample=True),
            change_project=self.change_project,
            go_to=self.go_to,
            change_settings=self._change_settings,
        )
        desk.weights = Weights.read_or_default(settings.ranking)
        self.jobs = Jobs(self.services, keeper, self)
        self.jobs.changed.connect(self._show_project)
        self.jobs.opened.connect(self._opened)
        self.jobs.sample_begun.connect(self._welcome)
        self.jobs.failed.connect(self._show_error)
        self.job_actions = JobActions(self.services, self.jobs, self)
        self.jobs.deleted.connect(self.job_actions.say_deleted)
        self.setAcceptDrops(True)
        self.notifier = Notifier(self.services, self)
        self.notifier.chosen.connect(lambda: self.started_again(""))
        self._build()
        self._restore_geometry()
        background.busy_changed.connect(self._show_busy)
        theme.changed.connect(self._theme_changed)
        self.services.downloads.changed.connect(self._show_downloads)
        if keeper.problem:
            self._offer_to_set_aside(keeper, keeper.problem)
        elif why := unusable(places.settings):
            text = wording.text
            self.pages.say("warn", text(f"window.settings_{why}"), text("window.settings_aside"))
        if decision_file is not None:
            self.jobs.open_decision(decision_file)
        elif not kept:
            self.jobs.begin_sample()

    # -- what pages may ask -------------------------------------------------------------------------

    def change_project(self, project: Project) -> None:
        """Keep this state of the job and show it everywhere."""
        self.jobs.change(project)

    def go_to(self, step: int) -> None:
        """Show a step, 0 to 4."""
        self.rail.show_step(step)
        self.pages.show_step(step)
        self.jobs.note_step(step)

    # -- building and showing -----------------------------------------------------------------------

    def _build(self) -> None:
        """Make rail and pages in the language of the moment."""
        services = self.services
        self.rail = Rail(services, self.jobs.recent)
        self.rail.step_chosen.connect(self.go_to)
        self.rail.jobs.job_chosen.connect(self._job_chosen)
        footer = self.rail.footer
        footer.language_chosen.connect(self._choose_language)
        footer.theme_chosen.connect(self._choose_theme)
        footer.offline_chosen.connect(self._choose_offline)
        footer.stop_asked.connect(services.background.cancel_all)
        footer.settings_asked.connect(self.open_settings)
        footer.library_asked.connect(self.open_library)
        footer.help_asked.connect(self.open_help)
        self.pages = PageStack(services)
        self.job_actions.listen(self.rail.jobs, self.pages.offer)
        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(self.pages, 1)
        self.setCentralWidget(central)
        self.shortcuts = Shortcuts(
            central,
            services.wording,
            go_to=self.go_to,
            settings=self.open_settings,
            library=self.open_library,
            show_help=self.open_help,
            stop=services.background.cancel_all,
            new_job=self.jobs.begin_own,
        )
        self._theme_changed()
        self._show_project()
        self.go_to(services.project.step)
        self._show_busy()
        self._show_downloads()

    def _show_project(self) -> None:
        services = self.services
        self.rail.show_project(services.project)
        self.pages.show_project(services.project)
        name = job_title(services.project, services.wording)
        self.setWindowTitle(services.wording.text("window.title_project", title=name))

    def _show_busy(self) -> None:
        names = self.services.background.busy
        self.rail.show_busy(names)
        self.rail.footer.language.setEnabled(self._may_interrupt())

    def _show_downloads(self) -> None:
        self.rail.footer.show_downloads(self.services.downloads.items)

    def _may_interrupt(self) -> bool:
        return not set(self.services.background.busy) - INTERRUPTIBLE

    def _welcome(self) -> None:
        text = self.services.wording.text
        self.pages.say("info", text("window.sample_ready"), text("window.sample_ready_hint"))

    def _opened(self, step: int) -> None:
        self.pages.banner.hide()
        self.go_to(step)

    def _job_chosen(self, number: int) -> None:
        if number == JobMenu.NEW:
            self.jobs.begin_own()
        else:
            self.jobs.open_number(number)

    def started_again(self, path: str) -> None:
        """Petit was started once more, perhaps with a file: come to the front and open it."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()
        if path:
            self.jobs.open_decision(Path(path))

    def _offer_to_set_aside(self, keeper: ProjectKeeper, problem: PetitError) -> None:
        """Nothing can be kept; a database that is damaged or too new can be moved out of the way."""
        if not isinstance(problem, (StoreDamaged, StoreTooNew)):
            self._show_error(problem)
            return
        words = self.services.wording

        def begin_anew() -> None:
            try:
                kept = keeper.begin_anew()
            except PetitError as error:
                self._show_error(error)
                return
            self.jobs.open(replace(self.services.project, id=None))
            self.pages.say("success", words.text("window.aside_done", name=kept.name))

        message = message_of(problem, words)
        action = words.text("window.aside")
        self.pages.offer("error", message.text, message.hint, action, begin_anew)

    # -- choices ------------------------------------------------------------------------------------

    def _change_settings(self, settings: Settings) -> None:
        self.services.settings = settings
        self.services.desk.settings = settings
        self.rail.footer.show_settings(settings)
        try:
            save_settings(self._places.settings, settings)
        except OSError as error:
            self._show_error(PetitError(detail=str(error)))

    def _choose_language(self, language: str) -> None:
        if language != self.services.wording.language and self._may_interrupt():
            self._change_settings(replace(self.services.settings, language=language))
            # The chooser is among what is rebuilt: not while its own signal is being delivered.
            QTimer.singleShot(0, self._rebuild)

    def _rebuild(self) -> None:
        self.services.background.stop_all()
        self.services.wording = Wording(self.services.settings.language)
        self.services.desk.language = self.services.wording.language
        self._build()
        self.pages.activate()
        self.jobs.resume()
        self._open_queue()

    def _choose_theme(self, theme: str) -> None:
        self._change_settings(replace(self.services.settings, theme=theme))
        self.services.theme.choose(theme)

    def _theme_changed(self) -> None:
        self.setWindowIcon(self.services.theme.icon("petit", "accent"))

    def _choose_offline(self, offline: bool) -> None:
        self.services.desk.offline = offline
        self._change_settings(replace(self.services.settings, offline=offline))

    # -- dialogs and messages -----------------------------------------------------------------------

    def open_settings(self) -> None:
        """Open the settings; the window stays usable."""
        dialog = SettingsDialog(self.services, self._places, self)
        dialog.changed.connect(self._settings_changed)
        dialog.hub.changed.connect(self._change_settings)
        dialog.language.setEnabled(self._may_interrupt())
        self._open(dialog)

    def open_library(self) -> None:
        """Open downloads and library; the window stays usable."""
        self._open(LibraryDialog(self.services, self))

    def open_help(self) -> None:
        """Open the help; the window stays usable."""
        self._open(HelpDialog(self.services.wording, self.shortcuts.keys, self))

    def show_crash(self, technical: str) -> None:
        """Say that an exception was not caught, without stopping anything."""
        text = self.services.wording.text
        self.pages.say("error", text("window.crash"), text("window.crash_hint"), technical)

    def _open(self, dialog: QDialog) -> None:
        if self._dialog is not None:
            self._dialog.close()
        self._dialog = dialog
        dialog.finished.connect(self._dialog_closed)
        dialog.show()

    def _dialog_closed(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    def _settings_changed(self, language: str, theme: str, offline: bool) -> None:
        settings = self.services.settings
        if offline != settings.offline:
            self._choose_offline(offline)
        if theme != settings.theme:
            self._choose_theme(theme)
        self._choose_language(language)

    def _show_error(self, error: PetitError) -> None:
        show_error(self.pages.banner, error, self.services.wording)

    # -- the window's own life ----------------------------------------------------------------------

    def _restore_geometry(self) -> None:
        self.resize(1280, 720)
        try:
            kept = base64.b64decode(self.services.settings.geometry, validate=True)
        except (ValueError, binascii.Error):
            return
        if kept:
            self.restoreGeometry(QByteArray(kept))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell once that something can be seen."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self._first_paint)

    def _first_paint(self) -> None:
        self.first_painted.emit()
        self.pages.activate()
        self._open_queue()

    def _open_queue(self) -> None:
        """Take in the downloads that were not finished; off this thread, for they are on a disk."""
        services = self.services
        services.background.run(
            "queue",
            lambda _cancelled, _progress: services.desk.downloads,
            on_done=lambda _: services.downloads.look(),
        )

    def changeEvent(self, event: QEvent) -> None:
        """Whoever comes back needs no message any more."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self.notifier.forget()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Decision files are welcome anywhere; other files where a page asks for them."""
        if _decision_in(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open it."""
        file = _decision_in(event.mimeData())
        if file is not None:
            event.acceptProposedAction()
            self.jobs.open_decision(file)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask once when something is under way, then keep everything and end what was started."""
        if not self._may_interrupt() and not self.agrees_to_close():
            event.ignore()
            return
        self.services.background.stop_all()
        self.services.downloads.stop()
        geometry = base64.b64encode(self.saveGeometry().data()).decode("ascii")
        self._change_settings(
            replace(self.services.settings, geometry=geometry, first_run_done=True)
        )
        self.jobs.close()
        self.services.desk.close()
        event.accept()

    def agrees_to_close(self) -> bool:
        """Whether the user wants to close although something is under way."""
        text = self.services.wording.text
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(text("window.close.title"))
        box.setText(text("window.close.title"))
        box.setInformativeText(text("window.close.question"))
        close = box.addButton(text("window.close.close"), QMessageBox.ButtonRole.DestructiveRole)
        stay = box.addButton(text("window.close.stay"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        box.exec()
        return box.clickedButton() is close


def _decision_in(dragged: QMimeData) -> Path | None:
    files = [Path(url.toLocalFile()) for url in dragged.urls() if url.isLocalFile()]
    return next((file for file in files if file.name.endswith(DECISION_SUFFIX)), None)


def _application() -> QApplication:
    return cast("QApplication", QApplication.instance())
