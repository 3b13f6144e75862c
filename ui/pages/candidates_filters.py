# SPDX-License-Identifier: Apache-2.0
"""The search field and filters above the table of candidates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from PySide6.QtCore import QDate, QSize, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QWidget

from selector.desk.requests import SearchRequest
from selector.wording import Wording
from ui.pages.candidates_choices import CHOICES, FilterChoice
from ui.widgets.flow_layout import FlowLayout

PAUSE_MS: Final = 450
"""A pause in typing after which a search starts."""
_FIRST: Final = ("licence", "max_params", "language")
"""The choices that are always in sight."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for, as the fields of SearchRequest; ``changed_days`` counts back from today."""

    query: str = ""
    licence: str = "any"
    max_params: int | None = None
    language: str | None = None
    min_params: int | None = None
    max_memory: int | None = None
    max_download: int | None = None
    gated: str = "any"
    library: str | None = None
    changed_days: int | None = None
    show: tuple[str, ...] = ()
    show_all: bool = False

    def request(self, task: str) -> SearchRequest:
        """The search for ``task``."""
        since = self.changed_days and QDate.currentDate().addDays(-self.changed_days)
        return SearchRequest(
            task=task,
            query=self.query.strip() or None,
            language=self.language,
            licence=self.licence,
            min_params=self.min_params,
            max_params=self.max_params,
            max_memory=self.max_memory,
            max_download=self.max_download,
            gated=self.gated,
            library=self.library,
            updated_since=since.toString("yyyy-MM-dd") if since else None,
            show=self.show,
            show_all=self.show_all,
        )

    @property
    def question(self) -> Filters:
        """The same without what is shown all the same."""
        return replace(self, show=(), show_all=False)


class CandidatesFilters(QWidget):
    """Search words and filters; the rarer ones are folded away.

    Signals:
        changed: the user changed something and paused.
        submitted: the user asked to search now.
    """

    changed = Signal()
    submitted = Signal()

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self._show: tuple[str, ...] = ()
        self._show_all = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.changed)

        self.query = QLineEdit()
        self.query.setPlaceholderText(wording.text("candidates.search_placeholder"))
        self.query.setAccessibleName(wording.text("candidates.search_name"))
        self.query.setClearButtonEnabled(True)
        self.query.setMinimumWidth(self.fontMetrics().averageCharWidth() * 16)
        self.query.textEdited.connect(self._typed)
        self.query.returnPressed.connect(self._submit)
        self.choices = {name: FilterChoice(spec, wording) for name, spec in CHOICES.items()}
        for choice in self.choices.values():
            choice.currentIndexChanged.connect(self._chosen)
        self.more = QPushButton()
        self.more.setCheckable(True)
        self.more.toggled.connect(self._unfold)
        self.clear = QPushButton(wording.text("candidates.clear_filters"))
        self.clear.setProperty("kind", "quiet")
        self.clear.clicked.connect(self._clear)
        self._lay_out()
        self._tell()

    def filters(self) -> Filters:
        """What is chosen now."""
        chosen = {name: choice.value for name, choice in self.choices.items()}
        return Filters(query=self.query.text(), **chosen, show=self._show, show_all=self._show_all)

    def set_filters(self, filters: Filters) -> None:
        """Show these without announcing a change."""
        self._pause.stop()
        self.query.setText(filters.query)
        for name, choice in self.choices.items():
            before = choice.blockSignals(True)
            choice.set_value(getattr(filters, name))
            choice.blockSignals(before)
        self._show, self._show_all = filters.show, filters.show_all
        self._tell()

    def show_anyway(self, names: Iterable[str], *, everything: bool = False) -> None:
        """Show the models of these filters all the same, and search again."""
        self._show, self._show_all = tuple(dict.fromkeys(names)), everything
        self._pause.stop()
        self.changed.emit()

    # -- what the user does -------------------------------------------------------------------------

    def _typed(self) -> None:
        self._tell()
        self._pause.start()

    def _chosen(self) -> None:
        self._tell()
        self.changed.emit()

    def _submit(self) -> None:
        self._pause.stop()
        self.submitted.emit()

    def _clear(self) -> None:
        # The button goes away, and the focus must not go with it.
        self.query.setFocus()
        self.set_filters(Filters())
        self.changed.emit()

    def _unfold(self, unfolded: bool) -> None:
        self._rare.setVisible(unfolded)

    def _tell(self) -> None:
        """How many of the folded filters are set, and whether there is something to clear."""
        rare = [c for name, c in self.choices.items() if name not in _FIRST and c.is_set]
        text = self._wording.text
        key = "more_filters_set" if rare else "more_filters"
        self.more.setText(text(f"candidates.{key}", n=len(rare)))
        self.more.setAccessibleName(text("candidates.more_filters_name", n=len(rare)))
        self.more.setToolTip("\n".join(choice.currentText() for choice in rare))
        self.clear.setVisible(self.filters() != Filters())

    # -- layout -------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._often = QWidget()
        often = QHBoxLayout(self._often)
        often.setContentsMargins(0, 0, 0, 0)
        often.setSpacing(8)
        for name in _FIRST:
            often.addWidget(self.choices[name])
        often.addStretch(1)
        self._ends = QWidget()
        ends = QHBoxLayout(self._ends)
        ends.setContentsMargins(0, 0, 0, 0)
        ends.setSpacing(8)
        ends.addWidget(self.more)
        ends.addWidget(self.clear)
        self._rare = QWidget()
        self._rare.setAccessibleName(self._wording.text("candidates.more_filters"))
        rare = FlowLayout(self._rare)
        for name, choice in self.choices.items():
            if name not in _FIRST:
                rare.addWidget(choice)
        self._rare.hide()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(8)
        self._grid.setColumnStretch(0, 1)
        self._grid.addWidget(self.query, 0, 0)
        # Narrow at first: a window takes the least width of what it begins with.
        self._grid.addWidget(self._often, 1, 0, 1, 3)
        self._grid.addWidget(self._ends, 0, 2)
        self._grid.addWidget(self._rare, 2, 0, 1, 3)
        order = [self.query, *(self.choices[name] for name in _FIRST), self.more, self.clear]
        order += [c for name, c in self.choices.items() if name not in _FIRST]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The search field gets a line of its own where there is little width."""
        super().resizeEvent(event)
        beside = self._often.sizeHint().width() + self._ends.sizeHint().width()
        needed = beside + self.fontMetrics().averageCharWidth() * 40
        narrow = event.size().width() < needed
        self._grid.addWidget(self._often, *((1, 0, 1, 3) if narrow else (0, 1, 1, 1)))

    def minimumSizeHint(self) -> QSize:
        """As in the narrow arrangement: else it could never become narrow."""
        return QSize(self._often.minimumSizeHint().width(), super().minimumSizeHint().height())
