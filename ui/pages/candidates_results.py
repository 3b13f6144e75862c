# SPDX-License-Identifier: Apache-2.0
"""The middle of the candidates page: an empty state, or the table with its details."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ui.models.candidates_model import CandidatesModel
from ui.pages.candidate_checks import CandidateChecks
from ui.pages.candidate_details import CandidateDetails
from ui.pages.candidates_hidden import CandidatesHidden
from ui.pages.candidates_table import CandidatesTable
from ui.pages.labels import label
from ui.services import Services
from ui.widgets.empty_state import EmptyState

DETAILS_SIGNS = 46
"""Average characters that fit beside the table."""
LEAST_LINES = 15
"""Lines of text for which table and details have room together."""
_ICONS = {
    "no_task": "list-checks",
    "offline": "wifi-off",
    "failed": "triangle-alert",
    "busy": "loader",
    "hidden": "eye",
}
_BUTTONS = {
    "no_task": "candidates.empty.no_task_button",
    "not_searched": "candidates.search_hub",
    "disk": "candidates.search_hub",
    "nothing": "candidates.empty.nothing_button",
    "hidden": "candidates.show_all",
    "busy": "candidates.stop",
    "offline": "candidates.empty.offline_button",
    "failed": "candidates.empty.failed_button",
}
_VERDICTS = (
    ("fits", "circle-check", "ok"),
    ("tight", "triangle-alert", "warn"),
    ("no", "circle-x", "bad"),
    ("unknown", "circle-help", "muted"),
)


class CandidatesResults(QWidget):
    """Shows one of: empty, busy, table.

    Signals:
        action: the button of the empty state of this kind was pressed.
        search_asked, disk_asked, stop_asked: buttons above the table.
    """

    action = Signal(str)
    search_asked = Signal()
    disk_asked = Signal()
    stop_asked = Signal()

    def __init__(
        self, model: CandidatesModel, services: Services, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._model = model
        text = services.wording.text
        self.kind = ""
        """The empty state shown, ``busy`` or ``table``."""
        self.empty = EmptyState(services.theme)
        self.empty.action_asked.connect(self._act)
        self.summary = label("")
        self.hidden = CandidatesHidden(services)
        self.stop = self._quiet(text("candidates.stop"))
        self.stop.clicked.connect(self.stop_asked)
        self.search = self._quiet(text("candidates.search_hub"))
        self.search.clicked.connect(self.search_asked)
        self.disk = self._quiet(text("candidates.back_to_disk"))
        self.disk.clicked.connect(self.disk_asked)
        self.table = CandidatesTable(model, services.wording)
        self.details = CandidateDetails(services.theme, services.wording)
        self.checks = CandidateChecks(services, self.details)
        self.table.row_shown.connect(self._show_details)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(12)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(self.details)
        # A page whose height follows from its width gets what its parts would like, not what they
        # need; without this it would scroll as a whole, and the table in it as well.
        self.splitter.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.splitter.setMinimumHeight(self.fontMetrics().height() * LEAST_LINES)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 1)
        self._lay_out()

    def show_empty(self, kind: str, more: str = "") -> None:
        """Show why there is no table, with the one button that helps."""
        self.kind = kind
        words = self._services.wording
        key = f"candidates.empty.{kind}_text"
        explained = words.text(key) if words.has(key) else ""
        self.empty.set_content(
            _ICONS.get(kind, "search"),
            words.text(f"candidates.empty.{kind}_title"),
            "\n".join(line for line in (explained, more) if line),
            words.text(_BUTTONS[kind]),
        )
        self._header.hide()
        self._stack.setCurrentWidget(self.empty)

    def show_busy(self, key: str) -> None:
        """Say what is under way; rows that are there stay."""
        self.kind = "busy"
        text = self._services.wording.text
        if self._model.rows:
            self.summary.setText(text(f"candidates.{key}"))
            self._show_buttons(self.stop)
            self._stack.setCurrentWidget(self.splitter)
            return
        self.empty.set_content(
            _ICONS["busy"], text(f"candidates.{key}"), "", text(_BUTTONS["busy"]), kind=""
        )
        self._header.hide()
        self._stack.setCurrentWidget(self.empty)

    def show_table(self, summary: str, *, from_hub: bool) -> None:
        """Show the table below a line that sums it up."""
        self.kind = "table"
        self.summary.setText(summary)
        self._show_buttons(self.disk if from_hub else self.search)
        self._stack.setCurrentWidget(self.splitter)
        self.table.fit_columns()
        if not self.table.currentIndex().isValid() and self._model.rows:
            self.table.selectRow(0)
        self._show_details()

    def _show_buttons(self, *shown: QPushButton) -> None:
        for button in (self.stop, self.disk, self.search):
            button.setVisible(button in shown)
        self._header.show()

    def set_look(self) -> None:
        """Make icons and colours anew for the theme."""
        theme = self._services.theme
        icons = {kind: theme.icon(name, role) for kind, name, role in _VERDICTS}
        icons["disk"] = theme.icon("hard-drive", "accent")
        icons["marked"] = theme.icon("eye", "warn")
        colours = {kind: theme.colour(role) for kind, _, role in _VERDICTS}
        self._model.set_look(icons, colours)

    def set_orientation(self, orientation: Qt.Orientation) -> None:
        """Details beside or below the table."""
        self.splitter.setOrientation(orientation)
        if orientation == Qt.Orientation.Horizontal:
            side = self.fontMetrics().averageCharWidth() * DETAILS_SIGNS
            self.splitter.setSizes([max(1, self.width() - side), side])
        else:
            self.splitter.setSizes([self.height() // 2, self.height() // 2])

    def _act(self) -> None:
        self.action.emit(self.kind)

    def _show_details(self) -> None:
        self.checks.show(self.table.current_row())

    @staticmethod
    def _quiet(text: str) -> QPushButton:
        button = QPushButton(text)
        button.setProperty("kind", "quiet")
        return button

    def _lay_out(self) -> None:
        self._header = QWidget()
        row = QHBoxLayout(self._header)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.summary, 1)
        for button in (self.stop, self.disk, self.search):
            row.addWidget(button)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.splitter)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addWidget(self._header)
        whole.addWidget(self.hidden)
        whole.addWidget(self._stack, 1)
