# SPDX-License-Identifier: Apache-2.0
"""The tab with the examples that models answer differently."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from selector.decide.verdict_facts import Evaluation
from selector.errors import PetitError
from selector.store.projects import Project
from selector.trial.measurement import Measurement
from selector.wording import Wording
from ui.background import Job
from ui.models.disagreements_model import FIRST_ANSWER, Disagreement, DisagreementsModel
from ui.pages.decide_contested import read_contested
from ui.pages.decide_sentences import names_of
from ui.pages.try_answer_delegate import AnswerDelegate
from ui.services import Services
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.plain import plain_label

ROWS_HIGH = 7
TEXT_SIGNS, LABEL_SIGNS, ANSWER_SIGNS = 30, 24, 26
NAME_SIGNS = 36


class DecideDisagreements(QWidget):
    """A sentence and a table."""

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self.note = plain_label("", "muted", wrap=True)
        self.model = DisagreementsModel(wording, self)
        self._delegate = AnswerDelegate(theme, self)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setItemDelegate(self._delegate)
        self.table.setAccessibleName(wording.text("decide.disagreements"))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header.setMinimumSectionSize(self.fontMetrics().averageCharWidth() * LABEL_SIGNS)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE.m, 0, 0)
        column.setSpacing(SPACE.s)
        column.addWidget(self.note)
        column.addWidget(self.table)
        column.addStretch(1)

    def show_note(self, key: str) -> None:
        """Say something instead of showing examples."""
        self.model.set_rows((), ())
        self.note.setText(self._wording.text(key))
        self.table.hide()

    def show_rows(self, names: Sequence[str], rows: Sequence[Disagreement], total: int) -> None:
        """Show contested examples; ``total`` counts those that are not shown too."""
        sign = self.fontMetrics().averageCharWidth()
        middle = Qt.TextElideMode.ElideMiddle
        room = sign * NAME_SIGNS
        self.model.set_rows([self.fontMetrics().elidedText(x, middle, room) for x in names], rows)
        self.note.setText(self._wording.text("decide.disagreements_count", n=total))
        header = self.table.horizontalHeader()
        for section in range(self.model.columnCount()):
            signs = ANSWER_SIGNS
            if section < FIRST_ANSWER:
                signs = TEXT_SIGNS if section == 0 else LABEL_SIGNS
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Interactive)
            width = max(sign * signs, header.sectionSizeHint(section))
            self.table.setColumnWidth(section, width)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        height = self._delegate.row_height(self.table.fontMetrics())
        self.table.verticalHeader().setDefaultSectionSize(height)
        shown = min(ROWS_HIGH, max(1, len(rows)))
        frame = header.sizeHint().height() + self.table.horizontalScrollBar().sizeHint().height()
        self.table.setFixedHeight(shown * height + frame + 4)
        self.table.show()


class ContestedReader:
    """Fills the tab: reads texts and answers in the background."""

    def __init__(self, services: Services, tab: DecideDisagreements) -> None:
        self._services = services
        self._tab = tab
        self._evaluation: Evaluation | None = None
        self._job: Job | None = None

    @property
    def reading(self) -> bool:
        """Whether examples are being read."""
        return self._job is not None

    def drop(self) -> None:
        """What is under way is of no use any more."""
        if self._job:
            self._job.drop()
        self._job = None

    def read(
        self,
        evaluation: Evaluation | None,
        project: Project,
        measurements: tuple[Measurement, ...],
    ) -> None:
        """Show the contested examples of an evaluation, or why there are none."""
        self.drop()
        self._evaluation = evaluation
        if evaluation is None:
            return
        if not evaluation.disagreements:
            self._tab.show_note("decide.disagreements_none")
            return
        if not project.data_path:
            self._tab.show_note("decide.disagreements_no_data")
            return
        if not self._tab.model.rowCount():
            self._tab.show_note("decide.disagreements_loading")
        data, columns = Path(project.data_path), (project.input_column, project.label_column)
        database, words = self._services.desk.locations.database, self._services.wording
        self._job = self._services.background.run(
            "examples",
            lambda _cancelled, _progress: read_contested(
                evaluation, data, columns, measurements, database, words
            ),
            on_done=self._read,
            on_error=self._unread,
        )

    def _read(self, rows: list[Disagreement]) -> None:
        self._job = None
        if self._evaluation is None or not rows:
            self._tab.show_note("decide.disagreements_no_data")
            return
        names = names_of(self._evaluation)
        shown = [names[x.ref] for x in self._evaluation.models]
        self._tab.show_rows(shown, rows, len(self._evaluation.disagreements))

    def _unread(self, _error: PetitError) -> None:
        self._job = None
        self._tab.show_note("decide.disagreements_no_data")
