# SPDX-License-Identifier: Apache-2.0
"""Why a candidate stands where it stands, and everything known before its download."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from selector.desk.examining import Examined, card_of
from selector.hub.candidate import Candidate, Reason, Variant
from selector.hub.why import why_text
from selector.wording import Wording
from ui.models.candidate_row import CandidateRow
from ui.pages.candidate_facts import claim_lines, fact_lines, form_text, unusable_text
from ui.pages.candidate_fit import CandidateFit
from ui.pages.labels import copyable, label
from ui.theme.theme import Theme
from ui.widgets.flow_layout import FlowLayout
from ui.widgets.plain import breakable
from ui.widgets.preflight_card import PreflightCard

MOST_FILES = 12
MOST_UNUSABLE = 5


def reason_text(reason: Reason, wording: Wording) -> str:
    """The sentence of a reason or risk; the bare code when the catalogue does not know it."""
    return wording.text(reason.code, **reason.facts)


class CandidateDetails(QScrollArea):
    """The pane beside the table.

    Signals:
        form_chosen: the user chose this form (a Variant) of the shown row.
        compare_asked, order_asked: the buttons at the top were pressed.
    """

    form_chosen = Signal(Variant)
    compare_asked = Signal()
    order_asked = Signal()

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._wording = theme, wording
        self._row: CandidateRow | None = None
        self._shown: tuple[CandidateRow | None, Examined | None, str] | None = None
        self.card: PreflightCard | None = None
        self.forms: QComboBox | None = None
        self.can_compare = False
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(wording.text("candidates.details"))
        self.show_row(None)

    @property
    def row(self) -> CandidateRow | None:
        """The candidate shown."""
        return self._row

    def show_row(
        self, row: CandidateRow | None, examined: Examined | None = None, note: str = ""
    ) -> None:
        """Show one candidate, or what to do to see one; ``examined`` knows more than the row."""
        if self._shown == (row, examined, note):
            return
        same = self._row is not None and row is not None and row.repo == self._row.repo
        at = self.verticalScrollBar().value() if same else 0
        self._shown, self._row = (row, examined, note), row
        self.card = self.forms = None
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(4)
        if row is None:
            column.addWidget(label(self._wording.text("candidates.detail.nothing"), "muted"))
        else:
            self._fill(column, row, examined, note)
        column.addStretch(1)
        self.setWidget(body)
        # More became known of the same model: who reads on must not be thrown back to the top.
        self.verticalScrollBar().setValue(at)

    def set_can_compare(self, can: bool) -> None:
        """Whether enough models are ticked."""
        self.can_compare = can
        for button in self.findChildren(QPushButton, "compare"):
            button.setEnabled(can)

    def _fill(
        self, column: QVBoxLayout, row: CandidateRow, examined: Examined | None, note: str
    ) -> None:
        text = self._wording.text
        column.addWidget(copyable(label(row.repo.replace("/", "/\u200b"), "section")))
        if row.on_disk:
            column.addWidget(label(text("candidates.on_disk"), "muted"))
        if row.candidate and (said := why_text(row.candidate.why, self._wording)):
            column.addWidget(label(said))
        self._buttons(column)
        if row.candidate is not None:
            self._forms(column, row.candidate)
            self.card = PreflightCard(self._theme, self._wording)
            seen = examined or card_of(row.candidate, None, None, None)
            self.card.show_card(seen.preflight, note, here=row.on_disk)
            column.addSpacing(8)
            column.addWidget(self.card)
            if seen.explained is not None:
                column.addSpacing(8)
                column.addWidget(CandidateFit(seen.explained, self._theme, self._wording))
            self._unusable(column, row.candidate)
        self._section(column, "why", (reason_text(x, self._wording) for x in row.reasons))
        self._section(column, "risks", (reason_text(x, self._wording) for x in row.risks))
        self._licence(column, row)
        self._about(column, row)
        if row.files:
            self._section(
                column, None, self._files(row), text("candidates.detail.files", n=len(row.files))
            )

    def _buttons(self, column: QVBoxLayout) -> None:
        flow = FlowLayout(spacing=8)
        for name, signal in (("compare", self.compare_asked), ("order", self.order_asked)):
            button = QPushButton(self._wording.text(f"{name}.button"))
            button.setObjectName(name)
            button.clicked.connect(signal)
            flow.addWidget(button)
            if name == "compare":
                button.setToolTip(self._wording.text("compare.button_tip"))
                button.setEnabled(self.can_compare)
        column.addSpacing(4)
        column.addLayout(flow)

    def _forms(self, column: QVBoxLayout, candidate: Candidate) -> None:
        text = self._wording.text
        usable = [each for each in candidate.variants if each.usable]
        if not usable:
            return
        column.addSpacing(8)
        column.addWidget(label(text("fact.forms"), "section"))
        self.forms = QComboBox()
        self.forms.setAccessibleName(text("fact.forms_name"))
        self.forms.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.forms.setMinimumContentsLength(16)
        for each in usable:
            self.forms.addItem(self._form(each, candidate), each)
        self.forms.setEnabled(len(usable) > 1)
        self.forms.activated.connect(self._chosen)
        column.addWidget(self.forms)
        column.addWidget(label(reason_text(usable[0].reason, self._wording), "muted"))

    def _unusable(self, column: QVBoxLayout, candidate: Candidate) -> None:
        others = [each for each in candidate.variants if not each.usable]
        lines = [breakable(unusable_text(each, self._wording)) for each in others[:MOST_UNUSABLE]]
        if len(others) > MOST_UNUSABLE:
            lines.append(self._wording.text("fact.more_forms", n=len(others) - MOST_UNUSABLE))
        self._section(column, None, lines, self._wording.text("fact.other_forms"))

    def _form(self, variant: Variant, candidate: Candidate) -> str:
        said = form_text(variant, self._wording)
        return said if variant.repo == candidate.repo else f"{said} · {variant.repo}"

    def _chosen(self, place: int) -> None:
        if self.forms is not None and place > 0:
            self.form_chosen.emit(self.forms.itemData(place))

    def _licence(self, column: QVBoxLayout, row: CandidateRow) -> None:
        lines = [row.licence or ""]
        if row.candidate is not None:
            licence = row.candidate.licence
            kind = self._wording.text(f"order.licence.{licence.kind.replace('-', '_')}")
            named = ", ".join(filter(None, (licence.id, licence.name)))
            lines = [f"{named} ({kind})" if named else kind]  # the card says what it asks
        else:
            kind = row.licence_kind.replace("-", "_")
            lines.append(self._wording.text(f"candidates.licence.{kind}"))
        self._section(column, "licence", lines)

    def _about(self, column: QVBoxLayout, row: CandidateRow) -> None:
        if row.candidate is None:
            return
        text = self._wording.text
        if said := row.candidate.about.summary.value:
            self._section(column, None, [breakable(said)], text("fact.summary"))
        claims = claim_lines(row.candidate, self._wording)
        self._section(column, None, (breakable(x) for x in claims), text("fact.claims"))
        lines, unknown = fact_lines(row.candidate, self._wording)
        lines.append(text("candidates.detail.revision", revision=row.revision[:10]))
        if unknown:
            lines.append(text("fact.unknown", names=", ".join(unknown)))
        self._section(column, "facts", lines)

    def _section(
        self,
        column: QVBoxLayout,
        name: str | None,
        lines: Iterable[str],
        title: str = "",
    ) -> None:
        shown = [line for line in lines if line]
        if not shown:
            return
        column.addSpacing(8)
        column.addWidget(label(title or self._wording.text(f"candidates.detail.{name}"), "section"))
        for line in shown:
            column.addWidget(label(line))

    def _files(self, row: CandidateRow) -> list[str]:
        biggest = sorted(row.files, key=lambda item: -item[1])
        lines = [
            breakable(f"{path}  {self._wording.bytes(size)}") for path, size in biggest[:MOST_FILES]
        ]
        if len(biggest) > MOST_FILES:
            more = len(biggest) - MOST_FILES
            lines.append(self._wording.text("candidates.detail.more_files", n=more))
        return lines
