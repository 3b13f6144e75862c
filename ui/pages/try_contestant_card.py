# SPDX-License-Identifier: Apache-2.0
"""A contestant above its column of answers: who it is, where it stands, what it costs here."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from selector.wording import Wording
from ui.pages.try_state import Phase, Seat
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE, Tone
from ui.widgets.chip import Chip
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.plain import plain_label, plain_tooltip

_TONES: Final[dict[Phase, tuple[Tone, str]]] = {
    "idle": ("neutral", ""),
    "waiting": ("neutral", "loader"),
    "making": ("accent", "loader"),
    "loading": ("accent", "loader"),
    "ready": ("accent", "check"),
    "running": ("accent", "play"),
    "done": ("ok", "circle-check"),
    "failed": ("bad", "circle-x"),
    "stopped": ("warn", "square"),
}
MISSING = "–"
_ALWAYS = ("speed", "memory", "median", "p95", "load")
_TIMED = ("speed", "median", "p95")
_OF_FORMS = ("agree", "differ")
"""Shown where several forms of one model take part."""


def phase_word(seat: Seat, wording: Wording) -> str:
    """The word for where a contestant stands; nothing before a trial."""
    return "" if seat.phase == "idle" else wording.text(f"try.phase.{seat.phase}")


def phase_tone(seat: Seat) -> tuple[Tone, str]:
    """Colour and icon that go with the word."""
    return _TONES[seat.phase]


def size_text(seat: Seat, wording: Wording) -> str:
    """How large a contestant is."""
    if not seat.parameters or seat.alias:
        return ""
    return wording.text("try.parameters", parameters=seat.parameters)


def speed_text(seat: Seat, wording: Wording) -> str:
    """Inputs or tokens a second."""
    speed = seat.speed
    if speed is None:
        return MISSING
    return wording.text(f"try.speed.{seat.unit}", value=wording.number(speed, 2))


def error_text(seat: Seat, wording: Wording) -> tuple[str, str]:
    """The sentence and the hint for a contestant that failed."""
    if seat.alias:  # a reason may name the model
        return wording.text("try.phase.failed"), ""
    error = seat.error or {}
    return wording.error(str(error.get("code", "petit.error")), error.get("facts") or {})


def measures(seat: Seat, wording: Wording) -> list[tuple[str, str]]:
    """Key and value of each measurement: speed, memory, median, p95, load, agreement of forms."""
    row = seat.measurement
    latency = row.latency if row else None
    memory = seat.memory_bytes
    agreement = row.agreement if row else None
    furthest = agreement.largest_difference if agreement else None
    agree = wording.text("try.agreement.reference") if seat.reference else MISSING
    return [
        ("speed", speed_text(seat, wording)),
        ("memory", wording.bytes(memory) if memory else MISSING),
        ("median", wording.seconds(latency.median) if latency else MISSING),
        ("p95", wording.seconds(latency.p95) if latency else MISSING),
        ("load", wording.seconds(seat.load_s) if seat.load_s is not None else MISSING),
        ("agree", wording.percent(agreement.equal_answers) if agreement else agree),
        ("differ", wording.number(furthest, 2) if furthest is not None else MISSING),
    ]


def times_tip(seat: Seat, wording: Wording) -> str:
    """How the times came about, and what they suffer from; nothing before they are there."""
    row = seat.measurement
    if row is None or row.latency is None:
        return ""
    lines = []
    if row.latency.min is not None:
        facts = {"n": row.latency.n, "rounds": row.rounds, "least": row.latency.min}
        lines.append(wording.text("try.times.timed", **facts))
    if row.cpu_s is not None:
        lines.append(wording.text("try.times.timed_cpu", cpu=row.cpu_s))
    if row.warm_start:
        lines.append(wording.text("try.times.warm"))
    for note in row.notes:
        said = wording.text(note, n=row.rounds)
        lines.append(said[:1].upper() + said[1:])
    return "\n".join(lines)


def footer_text(seat: Seat, wording: Wording) -> tuple[str, str]:
    """All measurements in one line, and what they mean."""
    if seat.alias:
        return "", ""
    known = [(key, value) for key, value in measures(seat, wording) if value != MISSING]
    known.sort(key=lambda item: item[0] not in _OF_FORMS)  # a narrow card shows its start only
    names = {key: wording.text(f"try.measure.{key}") for key, _ in known}
    tips = [f"{names[key]}: {wording.text(f'try.measure_tip.{key}')}" for key, _ in known]
    tips += [times_tip(seat, wording)]
    said = " · ".join(f"{names[key]} {value}" for key, value in known)
    return said, "\n".join(tip for tip in tips if tip)


class ContestantCard(QFrame):
    """The head of a column."""

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self.setProperty("card", True)
        self.name = ElidedLabel("", "section")
        self.details = ElidedLabel("", "small", Qt.TextElideMode.ElideRight)
        self.chip = Chip(theme)
        self.problem = plain_label("", "bad", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.m, SPACE.s, SPACE.m, SPACE.s)
        column.setSpacing(SPACE.xs)
        column.addWidget(self.name)
        column.addWidget(self.details)
        column.addWidget(self.chip, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.problem)
        column.addStretch(1)

    def show_seat(self, seat: Seat) -> None:
        """Render a contestant."""
        words = self._wording
        self.name.setText(seat.shown)
        self.name.set_tip("" if seat.alias else seat.pinned or seat.ref)
        self.details.setText(size_text(seat, words) or MISSING)
        self.details.setVisible(not seat.alias)
        word = phase_word(seat, words)
        tone, icon = phase_tone(seat)
        if word != self.chip.text:
            self.chip.set_chip(word, tone, icon, words.text(f"try.phase_tip.{seat.phase}"))
        self.chip.setVisible(bool(word))
        sentence, hint = error_text(seat, words) if seat.error else ("", "")
        self.problem.setText(sentence)
        self.problem.setToolTip(plain_tooltip(hint))
        self.problem.setVisible(bool(sentence))
        self.setAccessibleName(seat.shown)
        self.setAccessibleDescription(" ".join(x for x in (word, sentence) if x))


class MeasuresCard(QFrame):
    """The foot of a column: what the contestant costs here."""

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self.setProperty("card", True)
        self._values: dict[str, ElidedLabel] = {}
        self._of_forms: list[ElidedLabel] = []
        grid = QGridLayout(self)
        grid.setContentsMargins(SPACE.m, SPACE.s, SPACE.m, SPACE.s)
        grid.setHorizontalSpacing(SPACE.s)
        grid.setVerticalSpacing(2)
        for row, key in enumerate((*_ALWAYS, *_OF_FORMS)):
            tip = wording.text(f"try.measure_tip.{key}")
            caption = ElidedLabel(wording.text(f"try.measure.{key}"), "small")
            value = ElidedLabel(MISSING)
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            for label in (caption, value):
                label.set_tip(tip)
            grid.addWidget(caption, row, 0)
            grid.addWidget(value, row, 1)
            self._values[key] = value
            if key in _OF_FORMS:
                self._of_forms += [caption, value]
        self.show_agreement(there=False)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 4)

    def label(self, key: str) -> ElidedLabel:
        """What says the measurement ``key``."""
        return self._values[key]

    def show_agreement(self, *, there: bool) -> None:
        """Whether there is a row for how the forms of one model agree."""
        for label in self._of_forms:
            label.setVisible(there)

    def show_seat(self, seat: Seat) -> None:
        """Render a contestant."""
        words = self._wording
        said = []
        times = times_tip(seat, words)
        for key, value in measures(seat, words):
            self._values[key].setText(value)
            if key in _TIMED:
                tip = words.text(f"try.measure_tip.{key}")
                self._values[key].set_tip("\n".join(x for x in (tip, times) if x))
            if value != MISSING:
                said.append(f"{words.text(f'try.measure.{key}')}: {value}")
        self.setAccessibleName(seat.shown)
        self.setAccessibleDescription(", ".join(said))
