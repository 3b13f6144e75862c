# SPDX-License-Identifier: Apache-2.0
"""What a search hides, by reason: a pill for each filter that brings its models back, and hides them again."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from selector.hub.candidate import SearchResult
from selector.hub.filters import SHOWABLE
from ui.pages.candidates_filters import Filters
from ui.pages.labels import label
from ui.services import Services
from ui.widgets.flow_layout import FlowLayout

_SHOWABLE = frozenset(SHOWABLE)


class CandidatesHidden(QWidget):
    """A row of pills, the fullest first; hidden while nothing is.

    Signals:
        asked: show the models of these filters (a tuple of names) and of no others.
        all_asked: show everything, or nothing that is hidden.
    """

    asked = Signal(tuple)
    all_asked = Signal(bool)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._question: Filters | None = None
        self._counts: dict[str, int] = {}
        """For each filter how many models it hides, or would hide again."""
        self._alone: dict[str, int] = {}
        self._shown: tuple[str, ...] = ()
        self._all = False
        self.pills: dict[str, QPushButton] = {}
        self.everything = QPushButton()
        self.everything.setProperty("pill", True)
        self.everything.clicked.connect(lambda: self.all_asked.emit(not self._all))
        self._sum = label("", "muted", wrap=False)
        self._row = FlowLayout(self)
        self._row.addWidget(self._sum)
        self._row.addWidget(self.everything)
        services.theme.changed.connect(self._set_icons)
        self.hide()

    @property
    def text(self) -> str:
        """How many models are hidden."""
        return self._sum.text()

    def show_result(self, result: SearchResult, filters: Filters) -> None:
        """The counts of a search that was asked with ``filters``."""
        if filters.question != self._question:
            self._counts = {}
        # A pill stays where it was pressed, also when another filter now hides all of its models.
        on_show = _SHOWABLE if filters.show_all else frozenset(filters.show)
        counts = dict.fromkeys(on_show & set(self._counts), 0)
        alone = dict[str, int]()
        for key, count in result.filters.items():
            name = key.removeprefix("removed.")
            if n := count.shown if name in on_show else count.hidden:
                counts[name], alone[name] = n, count.alone
        self._question, self._counts, self._alone = filters.question, counts, alone
        self._shown, self._all = filters.show, filters.show_all
        self._fill(sum(result.removed.values()), set(counts) - on_show)

    def clear(self) -> None:
        """Another list is shown, of which nothing is hidden."""
        self._question, self._counts = None, {}
        self._fill(0, set())

    def _fill(self, hidden: int, hiding: set[str]) -> None:
        words = self._services.wording
        had = next((name for name, pill in self.pills.items() if pill.hasFocus()), None)
        for pill in self.pills.values():
            self._row.removeWidget(pill)
            pill.hide()
            pill.deleteLater()
        self.pills = {}
        self._row.removeWidget(self.everything)
        self._sum.setText(words.text("candidates.hidden_sum", n=hidden))
        for name in _in_order(self._counts):
            self.pills[name] = self._pill(name, shown=name not in hiding)
            self._row.addWidget(self.pills[name])
        self._row.addWidget(self.everything)
        key = "hide_again" if self._all else "show_all"
        self.everything.setText(words.text(f"candidates.{key}"))
        self.everything.setVisible(self._all or bool(_SHOWABLE & hiding - {"limit"}))
        self._sum.setMinimumHeight(self.everything.sizeHint().height())
        self._set_icons()
        self.setVisible(bool(self._counts) or self._all)
        if had in self.pills:
            self.pills[had].setFocus()
        self.updateGeometry()

    def _pill(self, name: str, *, shown: bool) -> QPushButton:
        words, count = self._services.wording, self._counts[name]
        why = words.text(f"candidates.hidden_by.{name}")
        pill = QPushButton(words.text("candidates.hidden_pill", n=count, why=why), self)
        pill.setProperty("pill", True)
        if name not in _SHOWABLE:
            pill.setEnabled(False)
            pill.setToolTip(words.text("candidates.never_shown"))
            pill.show()
            return pill
        pill.setCheckable(True)
        pill.setChecked(shown)
        verb = "hide" if shown else "show"
        pill.setAccessibleName(words.text(f"candidates.{verb}_hidden", n=count, why=why))
        key = "shown_tip" if shown else "hidden_tip"
        pill.setToolTip(words.text(f"candidates.{key}", n=count, alone=self._alone.get(name, 0)))
        pill.clicked.connect(lambda: self._press(name))
        pill.show()
        return pill

    def _press(self, name: str) -> None:
        shown = set(self.pills if self._all else self._shown) & _SHOWABLE
        self.asked.emit(tuple(sorted(shown ^ {name})))

    def _set_icons(self) -> None:
        theme = self._services.theme
        for pill in self.pills.values():
            icon = "check" if pill.isChecked() else "plus"
            pill.setIcon(theme.icon(icon, "accent" if pill.isChecked() else "muted"))


def _in_order(counts: Mapping[str, int]) -> list[str]:
    """The fullest first; what is merely further down the list last."""
    return sorted(counts, key=lambda name: (name == "limit", -counts[name], name))
