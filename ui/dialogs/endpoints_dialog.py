# SPDX-License-Identifier: Apache-2.0
"""Chat endpoints that are set up, their keys and prices, and what a model on this computer costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from selector.engines.endpoint.config import Endpoint
from selector.errors import PetitError
from ui.background import Job
from ui.dialogs.endpoint_form import EndpointForm, OwnPriceForm, align
from ui.dialogs.questions import agrees
from ui.dialogs.scrolled import scrolled
from ui.messages import message_of
from ui.pages.labels import label
from ui.services import Services
from ui.theme.tokens import SPACE
from ui.widgets.plain import restyle


class EndpointsDialog(QDialog):
    """Nothing here sends a text anywhere. Keys go to the keyring's process and are shown to nobody."""

    def __init__(
        self, services: Services, name: str | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._text = text = services.wording.text
        self._jobs: list[Job] = []
        self.setWindowTitle(text("llm.settings.title"))
        self.list = QComboBox()
        self.list.setAccessibleName(text("llm.settings.list"))
        self.form = EndpointForm(services.wording)
        self.own = OwnPriceForm(services.wording)
        self.own.show_price(services.desk.prices().own)
        self.state = label("", "muted")
        self.save = QPushButton(text("llm.settings.save"))
        self.save.setProperty("kind", "primary")
        self.remove = QPushButton(text("llm.settings.remove"))
        self.forget = QPushButton(text("llm.settings.forget"))
        self.save_own = QPushButton(text("llm.settings.save"))
        self.save_own.setAccessibleName(f"{text('llm.settings.save')}: {text('llm.settings.own')}")
        self.own_state = label("", "muted")
        align(self.form, self.own)
        self._lay_out()
        self._fill(name)
        self.list.activated.connect(self._chosen)
        self.save.clicked.connect(self._save)
        self.forget.clicked.connect(self._forget)
        self.remove.clicked.connect(self._remove)
        self.save_own.clicked.connect(self._save_own)

    @property
    def current(self) -> str | None:
        """The name of the endpoint that is shown."""
        found = self.list.currentData()
        return None if found is None else str(found)

    def _lay_out(self) -> None:
        text = self._text
        column = QVBoxLayout()
        column.setSpacing(SPACE.s)
        column.addWidget(label(text("llm.settings.title"), "title"))
        column.addWidget(label(text("llm.settings.purpose"), "muted"))
        column.addWidget(self.list)
        column.addWidget(self.form)
        column.addWidget(self.state)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.forget)
        row.addWidget(self.remove)
        row.addWidget(self.save)
        column.addLayout(row)
        column.addSpacing(SPACE.m)
        column.addWidget(label(text("llm.settings.own"), "section"))
        column.addWidget(label(text("llm.settings.own_purpose"), "muted"))
        column.addWidget(self.own)
        row = QHBoxLayout()
        row.addWidget(self.own_state, 1)
        row.addWidget(self.save_own)
        column.addLayout(row)
        column.addStretch(1)
        buttons = QDialogButtonBox()
        close = buttons.addButton(
            text("llm.settings.close"), QDialogButtonBox.ButtonRole.RejectRole
        )
        for button in (self.save, self.forget, self.remove, self.save_own):
            button.setAutoDefault(False)
        close.setDefault(True)
        buttons.rejected.connect(self.reject)
        scrolled(self, column, buttons, signs=84)

    def _fill(self, name: str | None) -> None:
        self.list.clear()
        for each in self._services.desk.endpoints():
            self.list.addItem(f"{each.name} · {each.model} · {each.host}", each.name)
        self.list.addItem(self._text("llm.settings.new"), None)
        found = self.list.findData(name) if name else 0
        self.list.setCurrentIndex(max(0, found))
        self._show()

    def _chosen(self) -> None:
        self._say(self.state, "")
        self._show()

    def _endpoint(self) -> Endpoint | None:
        name = self.current
        return next((x for x in self._services.desk.endpoints() if x.name == name), None)

    def _show(self) -> None:
        found = self._endpoint()
        price = self._services.desk.prices().endpoints.get(found.name) if found else None
        self.form.show_endpoint(found, price)
        self.remove.setVisible(found is not None)
        self.forget.setVisible(found is not None)

    # -- keeping --------------------------------------------------------------------------------
    def _save(self) -> None:
        before = self._endpoint()
        made, key = self.form.endpoint(before.timeout_s if before else 60.0)
        desk = self._services.desk
        try:
            price = self.form.price(desk.prices().endpoints.get(made.name))
        except PetitError as error:
            self._failed(error)
            return

        def keep() -> str:
            kept = desk.keep_endpoint(made, key)
            desk.set_price(kept.name, price)
            return kept.name

        self.form.key.clear()
        self._run(keep, self._kept)

    def _kept(self, name: str) -> None:
        self._fill(name)
        self._say(self.state, self._text("llm.settings.kept"), "ok")

    def _forget(self) -> None:
        if (name := self.current) is not None:
            said = self._services.wording.text
            self._run(
                lambda: self._services.desk.forget_answers(name),
                lambda n: self._say(self.state, said("endpoint.forgotten", n=n, name=name), "ok"),
            )

    def _remove(self) -> None:
        name = self.current
        if name is None:
            return
        text = self._text
        if agrees(
            self,
            text("llm.settings.remove_title", name=name),
            text("llm.settings.remove_text"),
            text("llm.settings.remove"),
            text("llm.settings.remove_no"),
        ):
            self._run(lambda: self._services.desk.remove_endpoint(name), self._removed)

    def _removed(self, _: object) -> None:
        self._fill(None)
        self._say(self.state, self._text("llm.settings.removed"), "ok")

    def _save_own(self) -> None:
        try:
            self._services.desk.set_own_price(self.own.price())
        except PetitError as error:
            message = message_of(error, self._services.wording)
            self._say(self.own_state, message.text, "bad")
            return
        self._say(self.own_state, self._text("llm.settings.kept"), "ok")

    def _run(self, call: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self.save.setEnabled(False)

        def ended(result: Any) -> None:
            self.save.setEnabled(True)
            done(result)

        job = self._services.background.run(
            "endpoint", lambda _cancelled, _progress: call(), on_done=ended, on_error=self._failed
        )
        self._jobs.append(job)

    def _failed(self, error: PetitError) -> None:
        self.save.setEnabled(True)
        message = message_of(error, self._services.wording)
        self._say(self.state, f"{message.text} {message.hint}", "bad")

    def _say(self, where: Any, text: str, role: str = "muted") -> None:
        where.setText(text)
        where.setProperty("role", role)
        restyle(where)

    def done(self, result: int) -> None:
        """Close; what is still kept is told to nobody."""
        for job in self._jobs:
            job.on_done = job.on_error = None
        super().done(result)
