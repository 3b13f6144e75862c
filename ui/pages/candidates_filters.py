# SPDX-License-Identifier: Apache-2.0
"""The search field and filters above the table of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QWidget

from selector.desk.requests import SearchRequest
from selector.wording import Wording

PAUSE_MS = 450
"""A pause in typing after which a search starts."""
_SIZES: tuple[int | None, ...] = (
    None,
    5_000_000,
    30_000_000,
    150_000_000,
    600_000_000,
    2_000_000_000,
)
_LANGUAGES = ("", "en", "fr", "de", "es", "it", "pt", "nl", "ar", "zh")


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for."""

    query: str = ""
    licence: str = "any"
    max_params: int | None = None
    language: str | None = None
    show_all: bool = False

    def request(self, task: str) -> SearchRequest:
        """The search for ``task``."""
        return SearchRequest(
            task=task,
            query=self.query.strip() or None,
            language=self.language,
            licence=self.licence,
            max_params=self.max_params,
            show_all=self.show_all,
        )


class CandidatesFilters(QWidget):
    """Search words and filters.

    Signals:
        changed: the user changed something and paused.
        submitted: the user asked to search now.
    """

    changed = Signal()
    submitted = Signal()

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        text = wording.text
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.changed)

        self.query = QLineEdit()
        self.query.setPlaceholderText(text("candidates.search_placeholder"))
        self.query.setAccessibleName(text("candidates.search_name"))
        self.query.setClearButtonEnabled(True)
        self.query.textEdited.connect(self._typed)
        self.query.returnPressed.connect(self._submit)

        self.licence = self._choice(
            text("candidates.licence_filter"),
            [
                ("any", text("candidates.licence_any")),
                ("permissive", text("candidates.licence_permissive")),
            ],
        )
        self.most = self._choice(
            text("candidates.size_filter"),
            [
                (
                    limit,
                    text("candidates.size_any")
                    if limit is None
                    else text("candidates.size_up_to", parameters=limit),
                )
                for limit in _SIZES
            ],
        )
        self.language = self._choice(
            text("candidates.language_filter"),
            [(code, text(f"candidates.language_{code or 'any'}")) for code in _LANGUAGES],
        )
        self.show_all = QCheckBox(text("candidates.show_all"))
        self.show_all.setToolTip(text("candidates.show_all_tip"))
        self.show_all.toggled.connect(self.changed)

        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self._row.addWidget(self.query, 1)
        choices = QHBoxLayout()
        choices.setSpacing(8)
        for box in (self.licence, self.most, self.language, self.show_all):
            choices.addWidget(box)
        choices.addStretch(0)
        self._row.addLayout(choices)
        self._choices = choices

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The search field gets a line of its own where there is little width."""
        super().resizeEvent(event)
        needed = self._choices.sizeHint().width() + self.fontMetrics().averageCharWidth() * 40
        narrow = event.size().width() < needed
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.TopToBottom if narrow else direction.LeftToRight)

    def minimumSizeHint(self) -> QSize:
        """As in the narrow arrangement: else it could never become narrow."""
        return QSize(self._choices.minimumSize().width(), super().minimumSizeHint().height())

    def filters(self) -> Filters:
        """What is chosen now."""
        return Filters(
            query=self.query.text(),
            licence=str(self.licence.currentData()),
            max_params=self.most.currentData(),
            language=self.language.currentData() or None,
            show_all=self.show_all.isChecked(),
        )

    def set_filters(self, filters: Filters) -> None:
        """Show these without announcing a change."""
        widgets = (self.query, self.licence, self.most, self.language, self.show_all)
        before = [widget.blockSignals(True) for widget in widgets]
        self.query.setText(filters.query)
        self.licence.setCurrentIndex(max(0, self.licence.findData(filters.licence)))
        self.most.setCurrentIndex(
            _SIZES.index(filters.max_params) if filters.max_params in _SIZES else 0
        )
        self.language.setCurrentIndex(max(0, self.language.findData(filters.language or "")))
        self.show_all.setChecked(filters.show_all)
        for widget, blocked in zip(widgets, before, strict=True):
            widget.blockSignals(blocked)

    def _choice(self, name: str, items: Sequence[tuple[object, str]]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setToolTip(name)
        for value, label in items:
            box.addItem(label, value)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.currentIndexChanged.connect(self.changed)
        return box

    def _typed(self) -> None:
        self._pause.start()

    def _submit(self) -> None:
        self._pause.stop()
        self.submitted.emit()
