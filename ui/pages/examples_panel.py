# SPDX-License-Identifier: Apache-2.0
"""The user's own examples: a file with its columns and first rows, or lines typed in."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from selector.wording import Wording
from ui.pages.examples_preview import ExamplesPreview
from ui.pages.examples_summary import ExamplesSummary
from ui.pages.labels import card, label

PAUSE_MS = 500
MOST_INPUTS = 200


class ExamplesPanel(QWidget):
    """Two tabs: from a file, typed in.

    Signals:
        file_chosen: the path of a file; empty to have none.
        columns_chosen: input column and label column.
        inputs_typed: the lines, as a tuple.
    """

    file_chosen = Signal(str)
    columns_chosen = Signal(str, str)
    inputs_typed = Signal(tuple)

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self.setAcceptDrops(True)
        text = wording.text
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(text("task.examples"))
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self._file_tab(), text("task.from_file"))
        self.tabs.addTab(self._typed_tab(), text("task.typed"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tabs)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._tell_inputs)

    # -- what is shown ------------------------------------------------------------------------------

    def show_file(self, path: str | None, note: str = "") -> None:
        """Show that a file is chosen (and being read), or none."""
        self._remove.setVisible(path is not None)
        self._name.setText(Path(path).name if path else self._wording.text("task.drop"))
        self._note.setText(note)
        self._note.setVisible(bool(note))
        if path is None or note:
            self.preview.hide()

    def show_summary(self, summary: ExamplesSummary) -> None:
        """Show what was read."""
        self._note.hide()
        self.preview.show_summary(summary)
        self.preview.show()

    def show_inputs(self, inputs: tuple[str, ...]) -> None:
        """Show the lines to try, unless the user is writing them."""
        if self._pause.isActive() or self._lines() == inputs:
            return
        self.typed.blockSignals(True)
        self.typed.setPlainText("\n".join(" ".join(x.split("\n")) for x in inputs))
        self.typed.blockSignals(False)
        self._count()

    # -- drag and drop ------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take one local file."""
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Use the file that was dropped."""
        urls = event.mimeData().urls()
        if len(urls) == 1 and urls[0].isLocalFile():
            event.acceptProposedAction()
            self.tabs.setCurrentIndex(0)
            self.file_chosen.emit(urls[0].toLocalFile())

    # -- inside -------------------------------------------------------------------------------------

    def _file_tab(self) -> QWidget:
        text = self._wording.text
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(8)
        frame = card()
        row = QHBoxLayout(frame)
        row.setContentsMargins(16, 12, 16, 12)
        row.setSpacing(12)
        choose = QPushButton(text("task.choose_file"))
        choose.clicked.connect(self._ask_for_file)
        self._name = label("", "muted")
        self._remove = QPushButton(text("task.remove_file"))
        self._remove.clicked.connect(self._remove_file)
        row.addWidget(choose)
        row.addWidget(self._name, 1)
        row.addWidget(self._remove)
        self._note = label("", "muted")
        self._note.hide()
        self.preview = ExamplesPreview(self._wording)
        self.preview.columns_chosen.connect(self.columns_chosen)
        self.preview.hide()
        column.addWidget(frame)
        column.addWidget(self._note)
        column.addWidget(self.preview)
        column.addStretch(1)
        return page

    def _typed_tab(self) -> QWidget:
        text = self._wording.text
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(8)
        column.addWidget(label(text("task.inputs_label"), "section"))
        self.typed = QPlainTextEdit()
        self.typed.setPlaceholderText(text("task.inputs_placeholder"))
        self.typed.setAccessibleName(text("task.inputs_label"))
        self.typed.setTabChangesFocus(False)
        self.typed.setMinimumHeight(self.fontMetrics().height() * 6)
        self.typed.textChanged.connect(self._changed)
        self._inputs_count = label("", "muted")
        column.addWidget(self.typed, 1)
        column.addWidget(self._inputs_count)
        return page

    def _ask_for_file(self) -> None:
        text = self._wording.text
        kinds = f"{text('task.file_filter')};;{text('task.all_files')}"
        path, _ = QFileDialog.getOpenFileName(self, text("task.choose_file"), "", kinds)
        if path:
            self.file_chosen.emit(path)

    def _remove_file(self) -> None:
        self.file_chosen.emit("")

    def _lines(self) -> tuple[str, ...]:
        lines = (line.strip(" \r") for line in self.typed.toPlainText().split("\n"))
        return tuple(line for line in lines if line)[:MOST_INPUTS]

    def _changed(self) -> None:
        self._count()
        self._pause.start()

    def _count(self) -> None:
        count = len(self._lines())
        self._inputs_count.setText(self._wording.text("task.inputs_count", n=count))

    def _tell_inputs(self) -> None:
        self.inputs_typed.emit(self._lines())
