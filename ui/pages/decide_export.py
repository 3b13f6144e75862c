# SPDX-License-Identifier: Apache-2.0
"""Exports of a decision: a menu of formats, a folder, then what was written."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from selector import registry
from selector.decide.verdict_facts import Evaluation
from selector.desk.export_desk import Exported
from selector.errors import BadReference, PetitError
from selector.hub.candidate import Reason
from selector.reference import parse_reference
from selector.wording import Wording
from ui.background import Job
from ui.models.short_names import short_name, short_names
from ui.pages.labels import copyable, label
from ui.services import Services
from ui.theme.tokens import SPACE
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.plain import plain_tooltip, restyle

MOST_FILES = 12


def free_folder(parent: Path, name: str) -> Path:
    """A folder inside ``parent`` that does not exist yet."""
    folder, number = parent / name, 2
    while folder.exists():
        folder, number = parent / f"{name}-{number}", number + 1
    return folder


def engine_of(ref: str) -> str:
    """The engine that a measured contestant ran on; empty for what is no reference."""
    try:
        return parse_reference(ref).engine or ""
    except BadReference:
        return ""


def note_text(words: Wording, note: Reason) -> str:
    """What there is to know about an export; an error in it is said in words."""
    facts = dict(note.facts)
    if "error" in facts:
        facts["error"] = words.error(str(facts["error"]), facts.pop("facts", {}))[0]
    return words.text(note.code, **facts | {"ref": short_name(str(facts.get("ref", "")))})


class DecideExport(QFrame):
    """The foot of the results: where the decision is kept, and exports of it.

    Signals:
        failed: a PetitError to show.
    """

    failed = Signal(PetitError)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        text = services.wording.text
        self.setProperty("card", True)
        self._decision: Path | None = None
        self._task = ""
        self._choice: str | None = None
        self._folder: Path | None = None
        self._job: Job | None = None
        self.model = QComboBox()
        self.model.setAccessibleName(text("decide.export_model"))
        self.model.setToolTip(text("decide.export_model"))
        self.model.setPlaceholderText(text("decide.export_any"))
        self.model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.model.currentIndexChanged.connect(self._show_button)
        self.button = QPushButton(text("decide.export"))
        self.menu = QMenu(self.button)
        self.menu.setToolTipsVisible(True)
        self._fill_menu()
        self.button.clicked.connect(self._show_menu)
        services.theme.changed.connect(self._look)
        self.file = ElidedLabel("", "muted")
        self.status = label("", wrap=True)
        self.files = copyable(label("", "muted"))
        self.open_button = QPushButton(text("decide.open_folder"))
        self.open_button.clicked.connect(self._open)
        row = QHBoxLayout()
        row.setSpacing(SPACE.m)
        row.addWidget(self.file, 1)
        row.addWidget(self.open_button)
        row.addWidget(self.model)
        row.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.l, SPACE.m, SPACE.l, SPACE.m)
        column.setSpacing(SPACE.s)
        column.addLayout(row)
        column.addWidget(self.status)
        column.addWidget(self.files)
        self.show_decision(None, None)

    def show_decision(self, file: str | None, evaluation: Evaluation | None) -> None:
        """The decision file, and the models it can be exported with: the recommended one first."""
        decision = Path(file) if file else None
        if decision != self._decision:
            self._folder = None
            self.status.hide()
            self.files.hide()
        self._decision = decision
        self._task = evaluation.task if evaluation else ""
        self._fill_models(evaluation)
        text = self._services.wording.text
        self.file.setText(text("decide.decision_file", path=decision.name) if decision else "")
        self.file.set_tip(str(decision) if decision else "")
        if self._folder is None:
            self._folder = decision.parent if decision else None
        self.open_button.setVisible(self._folder is not None)
        self._show_button()

    def _fill_models(self, evaluation: Evaluation | None) -> None:
        text = self._services.wording.text
        measured = [x.ref for x in evaluation.models if x.error is None] if evaluation else []
        choice = evaluation.decision.choice if evaluation else None
        names = short_names(measured)
        self.model.blockSignals(True)
        self.model.clear()
        for ref in sorted(measured, key=lambda ref: ref != choice):
            chosen = ref == choice
            shown = text("decide.export_recommended", name=names[ref]) if chosen else names[ref]
            self.model.addItem(shown, ref)
        self.model.setCurrentIndex(0 if choice else -1)
        self.model.blockSignals(False)
        self.model.setVisible(bool(measured))
        self._choice = choice

    def _show_button(self) -> None:
        ref = self.model.currentData()
        ready = ref is not None and self._decision is not None
        self.button.setEnabled(ready and self._job is None)
        if self.button.property("kind") != (kind := "primary" if self._choice else ""):
            self.button.setProperty("kind", kind)
            restyle(self.button)
        self._look()
        tip = (
            "export_nothing" if not ready else "export_tip" if ref == self._choice else "export_own"
        )
        self.button.setToolTip(self._services.wording.text(f"decide.{tip}"))
        self._show_formats(str(ref) if ready else "")

    def _show_formats(self, ref: str) -> None:
        """Formats that cannot carry this model stay in the menu, off, and say so."""
        text, language = self._services.wording.text, self._services.wording.language
        engine = engine_of(ref)
        for action, form in zip(self.menu.actions(), registry.exports().values(), strict=True):
            fits = not ref or form.suits(self._task, engine)
            action.setEnabled(fits)
            tip = form.purpose[language] if fits else text("decide.export_unsuited", engine=engine)
            action.setToolTip(plain_tooltip(tip))

    @property
    def formats(self) -> list[str]:
        """Ids of the formats offered."""
        return list(registry.exports())

    def export_to(self, format_id: str, parent: Path) -> None:
        """Export into a new folder inside ``parent``."""
        ref = self.model.currentData()
        if self._decision is None or self._job is not None or ref is None:
            return
        desk, decision = self._services.desk, self._decision
        folder = free_folder(parent, f"{short_name(ref)}-{format_id}")
        words = self._services.wording
        title = registry.exports()[format_id].title[words.language]
        self.status.setText(words.text("decide.exporting", title=title))
        self.status.show()
        self.files.hide()
        self.button.setEnabled(False)
        self._job = self._services.background.run(
            "export",
            lambda _cancelled, _progress: (
                folder,
                desk.export(desk.take(desk.open_decision(decision), ref), format_id, folder),
            ),
            on_done=self._exported,
            on_error=self._not_exported,
            on_cancelled=self._ended,
        )

    def _show_menu(self) -> None:
        self.menu.popup(self.button.mapToGlobal(self.button.rect().bottomLeft()))

    def _look(self) -> None:
        strong = self.button.property("kind") == "primary"
        role = "on_accent" if strong else "text"
        self.button.setIcon(self._services.theme.icon("file-up", role))

    def _fill_menu(self) -> None:
        language = self._services.wording.language
        for form in registry.exports().values():
            action = self.menu.addAction(form.title[language].replace("&", "&&"))
            action.triggered.connect(partial(self._ask_folder, form.id))

    def _ask_folder(self, format_id: str, _checked: bool = False) -> None:
        title = self._services.wording.text("decide.export_folder")
        chosen = QFileDialog.getExistingDirectory(self, title, str(Path.home()))
        if chosen:
            self.export_to(format_id, Path(chosen))

    def _exported(self, result: tuple[Path, Exported]) -> None:
        folder, done = result
        files = done.files
        self._ended()
        self._folder = folder
        words = self._services.wording
        said = [words.text("decide.exported", n=len(files), folder=str(folder))]
        self.status.setText("\n".join([*said, *(note_text(words, note) for note in done.notes)]))
        self.status.show()
        names = [str(x.relative_to(folder)) if x.is_relative_to(folder) else x.name for x in files]
        more = ["…"] if len(names) > MOST_FILES else []
        self.files.setText(", ".join([*names[:MOST_FILES], *more]))
        self.files.show()
        self.open_button.show()

    def _not_exported(self, error: PetitError) -> None:
        self._ended()
        self.failed.emit(error)

    def _ended(self) -> None:
        self._job = None
        self.status.hide()
        self._show_button()

    def _open(self) -> None:
        if self._folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._folder)))
