# SPDX-License-Identifier: Apache-2.0
"""Why this order: the parts of the chosen candidate's score, and the weights, which can be changed."""

from __future__ import annotations

from dataclasses import fields, replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from selector.hub.candidate import Candidate
from selector.hub.score import Component, Weights
from selector.wording import Wording
from ui.models.candidates_model import rounded
from ui.pages.labels import label
from ui.widgets.plain import plain_tooltip

PAUSE_MS = 200
NAMES = tuple(each.name for each in fields(Weights))


class OrderDialog(QDialog):
    """Stays open beside the table; the table follows every change.

    Signals:
        changed: the user changed the weights (Weights).
    """

    changed = Signal(Weights)

    def __init__(
        self,
        wording: Wording,
        weights: Weights,
        candidate: Candidate | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._wording = wording
        text = wording.text
        self.setWindowTitle(text("order.title"))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._tell)
        self.boxes: dict[str, QSpinBox] = {}
        self.values: dict[str, QLabel] = {}
        self.adds: dict[str, QLabel] = {}
        self.about = label("", "section")
        self.sum = label("")
        grid = self._grid(weights)
        body = QWidget()
        inner = QVBoxLayout(body)
        inner.setContentsMargins(0, 0, 8, 0)
        inner.addWidget(self.about)
        inner.addLayout(grid)
        inner.addWidget(self.sum)
        inner.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(body)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addWidget(label(text("order.title"), "title"))
        column.addWidget(label(text("order.purpose"), "muted"))
        column.addWidget(area, 1)
        buttons = QDialogButtonBox()
        self.reset = buttons.addButton(text("order.reset"), QDialogButtonBox.ButtonRole.ResetRole)
        close = buttons.addButton(text("order.close"), QDialogButtonBox.ButtonRole.RejectRole)
        close.setDefault(True)
        self.reset.clicked.connect(self._reset)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.show_candidate(candidate)
        signs = self.fontMetrics().averageCharWidth()
        wanted = max(signs * 84, body.sizeHint().width() + 72)
        screen = self.screen().availableGeometry()
        height = body.sizeHint().height() + signs * 26
        self.resize(min(wanted, screen.width() - 40), min(height, screen.height() - 60))

    def weights(self) -> Weights:
        """As the boxes say."""
        return Weights(**{name: box.value() for name, box in self.boxes.items()})

    def show_candidate(self, candidate: Candidate | None) -> None:
        """Show the parts of another candidate, or of the same one in a new order."""
        text = self._wording.text
        parts = {part.id: part for part in candidate.components} if candidate else {}
        name = candidate.repo.rpartition("/")[2] if candidate else ""
        self.about.setText(text("order.model", name=name) if parts else text("order.no_model"))
        for each in NAMES:
            part = parts.get(each)
            said = self._value(part) if part else text("order.not_asked") if parts else ""
            self.values[each].setText(said)
            self.adds[each].setText(self._points(part.contribution) if part else "")
        lines = []
        if candidate and parts:
            lines.append(
                text("order.sum", sum=self._points(sum(p.contribution for p in parts.values())))
            )
            lines += [
                text("order.factor", value=each.value, why=text(each.code))
                for each in candidate.factors
            ]
            lines.append(text("order.score", score=self._points(candidate.score)))
        self.sum.setText("\n".join(lines))

    def _grid(self, weights: Weights) -> QGridLayout:
        text = self._wording.text
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(2, 1)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for column, name in enumerate(("component", "weight", "value", "adds")):
            head = label(text(f"order.{name}"), "muted", wrap=False)
            grid.addWidget(
                head, 0, column, right if name in {"weight", "adds"} else Qt.AlignmentFlag(0)
            )
        for row, name in enumerate(NAMES, 1):
            title = text(f"order.part.{name}")
            tip = plain_tooltip(text(f"order.tip.{name}"))
            said = label(title, wrap=False)
            box = QSpinBox()
            box.setRange(0, 100)
            box.setValue(round(getattr(weights, name)))
            box.setAccessibleName(text("order.weight_of", name=title))
            box.setAccessibleDescription(text(f"order.tip.{name}"))
            box.valueChanged.connect(lambda _: self._pause.start())
            said.setBuddy(box)
            self.boxes[name] = box
            self.values[name] = label("", wrap=True)
            self.adds[name] = label("", wrap=False)
            for widget in (said, box):
                widget.setToolTip(tip)
            grid.addWidget(said, row, 0)
            grid.addWidget(box, row, 1)
            grid.addWidget(self.values[name], row, 2)
            grid.addWidget(self.adds[name], row, 3, right)
        return grid

    def _value(self, part: Component) -> str:
        words, value = self._wording, part.value
        if value is None and part.id == "quality":
            return words.text("order.no_claims")
        if value is None:
            return words.text("order.unknown")
        if isinstance(value, str):
            if part.unit == "class":
                return words.text(f"order.licence.{value.replace('-', '_')}")
            return value
        match part.unit:
            case "bytes":
                return words.bytes(value)
            case "parameters":
                return words.parameters(value)
            case "inputs/s" | "tokens/s":
                return words.text(
                    f"candidates.speed.{part.unit.partition('/')[0]}",
                    value=words.number(rounded(value), 2),
                )
            case "percentile" | "days" | "share":
                return words.text(f"order.said.{part.unit}", value=value)
            case "of 6":
                return words.text("order.said.answers", value=value)
        return words.count(value)

    def _points(self, share: float) -> str:
        return self._wording.number(round(share * 100, 1), 3)

    def _reset(self) -> None:
        default = Weights()
        for name, box in self.boxes.items():
            box.setValue(round(getattr(default, name)))
        self._pause.stop()
        self._tell()

    def _tell(self) -> None:
        self.changed.emit(replace(self.weights()))
