# SPDX-License-Identifier: Apache-2.0
"""How far each contestant is with the examples while they are measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from selector.trial.measurement import TrialEvent
from selector.wording import Wording
from ui.models.short_names import same_model, short_names
from ui.theme.tokens import SPACE, Tone
from ui.widgets.progress_row import ProgressRow


class DecideProgress(QFrame):
    """A bar for each contestant."""

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self.setProperty("card", True)
        self._refs: tuple[str, ...] = ()
        self._rows: list[ProgressRow] = []
        self._done: list[int] = []
        self._answered: list[set[int]] = []
        self._race = False
        self._total = 0
        self._over: list[bool] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(SPACE.l, SPACE.m, SPACE.l, SPACE.m)
        self._column.setSpacing(SPACE.s)

    def start(self, refs: Sequence[str], total: int, *, race: bool = False) -> None:
        """Show empty bars for these contestants; in a race examples come in any order."""
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._refs, self._total = tuple(refs), total
        self._rows = []
        self._done = [0] * len(refs)
        self._answered = [set() for _ in refs]
        self._race = race
        self._over = [False] * len(refs)
        names = short_names(refs)
        for ref in refs:
            row = ProgressRow(names[ref], self._wording.text("decide.cancel"))
            row.button.hide()
            row.set_progress(0, self._total or None, self._wording.text("decide.waiting_row"))
            self._rows.append(row)
            self._column.addWidget(row)

    @property
    def over(self) -> bool:
        """Whether every contestant has ended."""
        return bool(self._over) and all(self._over)

    def details(self) -> list[str]:
        """What is said of each contestant."""
        return [row.detail for row in self._rows]

    def take(self, events: Iterable[TrialEvent]) -> None:
        """Follow events of the trial."""
        touched: dict[int, TrialEvent] = {}
        for event in events:
            number = self._number(event.ref)
            if number is None:
                continue
            if event.kind == "output" and self._race:
                self._answered[number].add(event.index)
                self._done[number] = len(self._answered[number])
            elif event.kind == "output":
                # Examples are answered in order, those known from before included.
                self._done[number] = max(self._done[number], event.index + 1)
            touched[number] = event
            if event.kind in {"failed", "finished"}:
                self._over[number] = True
                dropped = "dropped_row" if event.facts.get("dropped") else "done_row"
                self._end(number, "failed_row" if event.kind == "failed" else dropped)
        for number, event in touched.items():
            if not self._over[number]:
                self._move(number, event)

    def _number(self, ref: str) -> int | None:
        return next((i for i, x in enumerate(self._refs) if same_model(x, ref)), None)

    def _end(self, number: int, key: str) -> None:
        tones: dict[str, Tone] = {"failed_row": "bad", "dropped_row": "neutral"}
        self._rows[number].set_ended(self._wording.text(f"decide.{key}"), tones.get(key, "ok"))

    def _move(self, number: int, event: TrialEvent) -> None:
        words, done = self._wording, self._done[number]
        detail = words.text("decide.progress", done=done, total=self._total)
        if event.kind in {"making", "loading"}:
            detail = words.text(f"decide.{event.kind}_row")
        elif not done:
            detail = words.text("decide.waiting_row")
        self._rows[number].set_progress(done, self._total or None, detail)
