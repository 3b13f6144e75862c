# SPDX-License-Identifier: Apache-2.0
"""Which LLM is compared, what it is asked, and what would be sent where: nothing is before "Send"."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from selector.decide.data import Examples
from selector.engines.endpoint.prompts import Prompt
from selector.errors import PetitError
from selector.tasks.base import Task
from selector.trial.sending import SendingPlan
from ui.background import Job
from ui.dialogs.endpoints_dialog import EndpointsDialog
from ui.dialogs.scrolled import scrolled
from ui.messages import message_of
from ui.pages.labels import card, label
from ui.services import Services
from ui.theme.tokens import SPACE
from ui.widgets.plain import breakable, restyle

PAUSE_MS = 500
_GAPS = {"labels": "{input}, {labels}", "text": "{input}", "similarity": "{first}, {second}"}
_NAMES_SHOWN = 12


class LlmDialog(QDialog):
    """The form "Compare with an LLM".

    Signals:
        agreed: compare with this endpoint; the user saw what is sent.
    """

    agreed = Signal(str)

    def __init__(
        self,
        services: Services,
        task: Task,
        examples: Examples,
        name: str | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._services, self._task = services, task
        self._text = text = services.wording.text
        self._inputs = examples.inputs
        self._labels = sorted(set(examples.labels or ())) if task.output_kind == "labels" else []
        self._job: Job | None = None
        self.plan: SendingPlan | None = None
        self.setWindowTitle(text("llm.form.title"))
        self.which = QComboBox()
        self.which.setAccessibleName(text("llm.form.which"))
        self.set_up = QPushButton(text("llm.form.set_up"))
        self.system = _words(text("llm.form.system"), 3)
        self.user = _words(text("llm.form.user"), 7)
        self.reset = QPushButton(text("llm.form.reset"))
        self.reset.setProperty("kind", "quiet")
        self.problem = label("", "bad")
        self.problem.hide()
        self.facts = label("")
        self.first = QPushButton(text("llm.form.first"))
        self.first.setCheckable(True)
        self.preview = _words(text("llm.form.first"), 9)
        self.preview.setReadOnly(True)
        self.preview.hide()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._keep_prompt)
        self._lay_out()
        self._show_prompt(services.desk.prompt(task.id))
        self._fill(name)
        for words in (self.system, self.user):
            words.textChanged.connect(self._edited)
        self.which.activated.connect(self._count)
        self.set_up.clicked.connect(self._open_settings)
        self.reset.clicked.connect(self._use_petits)
        self.first.toggled.connect(self.preview.setVisible)
        self._count()

    def _lay_out(self) -> None:
        text = self._text
        column = QVBoxLayout()
        column.setSpacing(SPACE.s)
        column.addWidget(label(text("llm.form.title"), "title"))
        column.addWidget(label(text("llm.form.purpose"), "muted"))
        row = QHBoxLayout()
        row.addWidget(self.which, 1)
        row.addWidget(self.set_up)
        column.addWidget(label(text("llm.form.which"), "section"))
        column.addLayout(row)
        head = QHBoxLayout()
        head.addWidget(label(text("llm.form.asked"), "section"), 1)
        head.addWidget(self.reset)
        column.addLayout(head)
        gaps = text("llm.form.gaps", gaps=_GAPS[self._task.output_kind])
        for title, words in (("system", self.system), ("user", self.user)):
            column.addWidget(label(text(f"llm.form.{title}"), "muted"))
            column.addWidget(words)
        column.addWidget(label(gaps, "small"))
        column.addWidget(label(text("llm.form.sent"), "section"))
        box = card()
        inside = QVBoxLayout(box)
        inside.setContentsMargins(SPACE.m, SPACE.m, SPACE.m, SPACE.m)
        inside.addWidget(self.facts)
        inside.addWidget(self.problem)
        folded = QHBoxLayout()
        folded.addWidget(self.first)
        folded.addStretch(1)
        inside.addLayout(folded)
        inside.addWidget(self.preview)
        column.addWidget(box)
        column.addStretch(1)
        buttons = QDialogButtonBox()
        self.cancel = buttons.addButton(
            text("llm.form.cancel"), QDialogButtonBox.ButtonRole.RejectRole
        )
        self.send = buttons.addButton(
            text("llm.form.compare"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.send.setProperty("kind", "primary")
        for button in (self.set_up, self.reset, self.first, self.send):
            button.setAutoDefault(False)
        self.cancel.setDefault(True)  # Return must not send
        buttons.accepted.connect(self._agree)
        buttons.rejected.connect(self.reject)
        scrolled(self, column, buttons, signs=92)

    # -- which ----------------------------------------------------------------------------------
    def _fill(self, name: str | None) -> None:
        known = self._services.desk.endpoints()
        self.which.clear()
        for each in known:
            self.which.addItem(f"{each.name} · {each.model} · {each.host}", each.name)
        if not known:
            self.which.addItem(self._text("llm.form.none"), None)
        self.which.setEnabled(bool(known))
        self.which.setCurrentIndex(max(0, self.which.findData(name)))

    def _open_settings(self) -> None:
        dialog = EndpointsDialog(self._services, self.which.currentData(), self)
        dialog.finished.connect(lambda: self._settings_closed(dialog))
        dialog.open()

    def _settings_closed(self, dialog: EndpointsDialog) -> None:
        self._fill(dialog.current or self.which.currentData())
        dialog.deleteLater()
        self._count()

    # -- what is asked --------------------------------------------------------------------------
    def _show_prompt(self, prompt: Prompt) -> None:
        for words, said in ((self.system, prompt.system), (self.user, prompt.user)):
            words.blockSignals(True)
            words.setPlainText(said)
            words.blockSignals(False)
        self.reset.setEnabled(prompt.own)

    def _edited(self) -> None:
        self.send.setEnabled(False)
        self._pause.start()

    def _keep_prompt(self) -> None:
        prompt = Prompt(self.system.toPlainText().strip(), self.user.toPlainText().strip(), True)
        try:
            self._services.desk.set_prompt(self._task.id, prompt)
        except PetitError as error:
            self._failed(error)
            return
        self.reset.setEnabled(True)
        self._count()

    def _use_petits(self) -> None:
        self._pause.stop()
        self._show_prompt(self._services.desk.set_prompt(self._task.id, None))
        self._count()

    # -- what would be sent ---------------------------------------------------------------------
    def _count(self) -> None:
        if self._job is not None:
            self._job.drop()
        self.plan = None
        self.send.setEnabled(False)
        self.problem.hide()
        name = self.which.currentData()
        if name is None:
            self.facts.setText(self._text("llm.form.none"))
            self.first.hide()
            return
        self.facts.setText(self._text("llm.form.planning"))
        desk, task, inputs, labels = self._services.desk, self._task.id, self._inputs, self._labels
        self._job = self._services.background.run(
            "plan",
            lambda _cancelled, _progress: desk.sending_plans(
                [f"endpoint:{name}"], task, inputs, labels
            ),
            on_done=self._planned,
            on_error=self._failed,
        )

    def _planned(self, plans: tuple[SendingPlan, ...]) -> None:
        self.plan = plan = plans[0]
        text, words = self._text, self._services.wording
        said = []
        if plan.to_send:
            way = "to" if plan.encrypted or plan.place == "here" else "to_open"
            place = text(f"endpoint.place.{plan.place}")
            said.append(text(f"llm.form.{way}", host=plan.host, place=place))
            said.append(text("llm.form.texts", n=plan.to_send, items=plan.items))
            if plan.labels:
                names = ", ".join(plan.labels[:_NAMES_SHOWN])
                names += " …" if len(plan.labels) > _NAMES_SHOWN else ""
                said.append(text("llm.form.labels", n=len(plan.labels), names=names))
            counts = {"sent": plan.tokens_in, "back": plan.tokens_out, "most": plan.most_tokens_out}
            said.append(text("llm.form.tokens", **counts))
            facts = plan.to_json()
            said.append(text(str(facts["costs"]), **facts))
        else:
            said.append(text("llm.form.nothing", items=plan.items))
        self.facts.setText("\n".join(breakable(line) for line in said))
        self.problem.hide()
        self.preview.setPlainText("\n\n".join(x["content"] for x in plan.preview))
        self.first.setVisible(bool(plan.preview))
        key = "llm.form.send" if plan.to_send else "llm.form.compare"
        self.send.setText(words.text(key, n=plan.to_send))
        self.send.setEnabled(True)

    def _failed(self, error: PetitError) -> None:
        message = message_of(error, self._services.wording)
        self.facts.setText("")
        self.problem.setText(f"{message.text} {message.hint}")
        restyle(self.problem)
        self.problem.show()
        self.send.setEnabled(False)

    def _agree(self) -> None:
        if self.plan is not None and not self._pause.isActive():
            self.agreed.emit(self.plan.name)
            self.accept()

    def done(self, result: int) -> None:
        """Close; nothing that is still counted is told."""
        if self._job is not None:
            self._job.drop()
        super().done(result)


def _words(name: str, rows: int) -> QPlainTextEdit:
    made = QPlainTextEdit()
    made.setAccessibleName(name)
    made.setTabChangesFocus(True)
    made.setFixedHeight(made.fontMetrics().lineSpacing() * rows + 2 * SPACE.m)
    return made
