# SPDX-License-Identifier: Apache-2.0
"""Why a candidate stands where it stands: reasons, risks, licence, facts, files."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from selector.hub.candidate import Reason
from selector.wording import Wording
from ui.models.candidate_row import CandidateRow
from ui.pages.labels import copyable, label

MOST_FILES = 12


def reason_text(reason: Reason, wording: Wording) -> str:
    """The sentence of a reason or risk; the bare code when the catalogue does not know it."""
    return wording.text(reason.code, **reason.facts)


class CandidateDetails(QScrollArea):
    """The pane beside the table."""

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self._row: CandidateRow | None = None
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(wording.text("candidates.details"))
        self.show_row(None)

    def show_row(self, row: CandidateRow | None) -> None:
        """Show one candidate, or what to do to see one."""
        if row is not None and row == self._row:
            return
        self._row = row
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(4)
        if row is None:
            column.addWidget(label(self._wording.text("candidates.detail.nothing"), "muted"))
        else:
            self._fill(column, row)
        column.addStretch(1)
        self.setWidget(body)

    def _fill(self, column: QVBoxLayout, row: CandidateRow) -> None:
        text = self._wording.text
        column.addWidget(copyable(label(row.repo.replace("/", "/\u200b"), "section")))
        if row.on_disk:
            column.addWidget(label(text("candidates.on_disk"), "muted"))
        self._section(column, "why", (reason_text(x, self._wording) for x in row.reasons))
        self._section(column, "risks", (reason_text(x, self._wording) for x in row.risks))
        licence = text(f"candidates.licence.{row.licence_kind.replace('-', '_')}")
        self._section(column, "licence", (f"{row.licence}" if row.licence else "", licence))
        self._section(column, "facts", self._facts(row))
        if row.files:
            self._section(
                column, None, self._files(row), text("candidates.detail.files", n=len(row.files))
            )

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

    def _facts(self, row: CandidateRow) -> list[str]:
        text, lines = self._wording.text, []
        if row.parameters is not None:
            lines.append(text("candidates.detail.parameters", parameters=row.parameters))
        if row.memory_bytes is not None:
            lines.append(text("candidates.detail.memory", memory=row.memory_bytes))
        if row.fit is not None:
            basis = row.fit.basis.replace(" ", "_")
            known = self._wording.has(f"candidates.basis.{basis}")
            named = text(f"candidates.basis.{basis}") if known else row.fit.basis
            lines.append(text("candidates.detail.basis", basis=named))
        if row.engine is None:
            lines.append(text("candidates.detail.no_engine"))
        else:
            lines.append(
                text("candidates.detail.engine", engine=row.engine, precision=row.precision)
            )
        if row.languages:
            lines.append(text("candidates.detail.languages", languages=row.languages[:8]))
        lines.append(text("candidates.detail.revision", revision=row.revision[:10]))
        if row.last_modified:
            lines.append(text("candidates.detail.modified", date=row.last_modified[:10]))
        return lines

    def _files(self, row: CandidateRow) -> list[str]:
        biggest = sorted(row.files, key=lambda item: -item[1])
        lines = [f"{path}  {self._wording.bytes(size)}" for path, size in biggest[:MOST_FILES]]
        if len(biggest) > MOST_FILES:
            more = len(biggest) - MOST_FILES
            lines.append(self._wording.text("candidates.detail.more_files", n=more))
        return lines
