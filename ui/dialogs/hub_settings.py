# SPDX-License-Identifier: Apache-2.0
"""Which Hub, over which proxy, and with whose token."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from selector.errors import BadSetting, PetitError
from selector.hub.environment import DEFAULT_ENDPOINT, endpoint_of, proxy_of
from selector.settings import Settings
from ui.background import Job
from ui.messages import message_of
from ui.pages.labels import label
from ui.services import Services
from ui.widgets.plain import restyle


class HubSettings(QWidget):
    """Says what is wrong with an address beside it; only what is right is kept.

    Signals:
        changed: other Settings to keep.
    """

    changed = Signal(Settings)

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._text = services.wording.text
        self._place = ""
        self._jobs: list[Job] = []
        settings = services.settings
        self.address = self._field("hub_address", settings.hub_address, DEFAULT_ENDPOINT)
        self.proxy = self._field("hub_proxy", settings.hub_proxy, "http://host:port")
        self.problem = label("", "bad")
        self.problem.hide()
        self.xet = QCheckBox(self._text("window.settings_page.hub_xet"))
        self.xet.setToolTip(self._text("window.settings_page.hub_xet_tip"))
        self.xet.setChecked(settings.hub_xet)
        self.token = QLineEdit()
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setPlaceholderText(self._text("window.settings_page.token_placeholder"))
        self.token.setAccessibleName(self._text("window.settings_page.token"))
        self.keep = self._button("token_keep", self._keep)
        self.forget = self._button("token_forget", self._forget)
        self.state = label("", "muted")
        self._build()
        self.address.editingFinished.connect(self.apply)
        self.proxy.editingFinished.connect(self.apply)
        self.xet.toggled.connect(self.apply)
        self.token.textChanged.connect(self._show_buttons)
        self.token.returnPressed.connect(self._keep)
        self._show_buttons()
        self._ask()

    def _field(self, key: str, value: str, example: str) -> QLineEdit:
        made = QLineEdit(value)
        made.setPlaceholderText(example)
        made.setAccessibleName(self._text(f"window.settings_page.{key}"))
        made.setToolTip(self._text(f"window.settings_page.{key}_tip"))
        return made

    def _button(self, key: str, call: Callable[[], None]) -> QPushButton:
        made = QPushButton(self._text(f"window.settings_page.{key}"))
        made.setAutoDefault(False)
        made.setAccessibleName(f"{made.text()}: {self._text('window.settings_page.token')}")
        made.clicked.connect(lambda: call())
        return made

    def _build(self) -> None:
        form = QFormLayout()
        form.addRow(self._text("window.settings_page.hub_address"), self.address)
        form.addRow(self._text("window.settings_page.hub_proxy"), self.proxy)
        form.addRow("", self.problem)
        form.addRow("", self.xet)
        line = QHBoxLayout()
        line.addWidget(self.token, 1)
        line.addWidget(self.keep)
        line.addWidget(self.forget)
        form.addRow(self._text("window.settings_page.token"), line)
        form.addRow("", self.state)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(label(self._text("window.settings_page.hub"), "section"))
        column.addLayout(form)
        if fixed := os.environ.get("HF_ENDPOINT"):
            self.address.setEnabled(False)
            said = self._text("window.settings_page.hub_address_fixed", address=fixed)
            self.address.setPlaceholderText(said)
            self.address.setToolTip(said)

    # -- address and proxy --------------------------------------------------------------------------
    def apply(self) -> None:
        """Keep address, proxy and Xet; what is no address is told and not kept."""
        address, proxy = self.address.text().strip(), self.proxy.text().strip()
        try:
            if address:
                endpoint_of(address)
            proxy_of(proxy)
        except BadSetting as error:
            allowed = error.facts["allowed"]
            self.problem.setText(self._text("window.settings_page.hub_bad", allowed=allowed))
            self.problem.show()
            return
        self.problem.hide()
        kept = self._services.settings
        chosen = replace(kept, hub_address=address, hub_proxy=proxy, hub_xet=self.xet.isChecked())
        if chosen != kept:
            self.changed.emit(chosen)
            if address != kept.hub_address:
                self._ask()

    # -- token --------------------------------------------------------------------------------------
    def _ask(self) -> None:
        self._run(lambda: self._services.desk.account(), self._show_account)

    def _show_account(self, account: dict[str, Any]) -> None:
        source, ring = str(account["source"]), bool(account["keyring"])
        self._place = source
        said = self._text(f"window.settings_page.token_{source}")
        goes = self._text(f"window.settings_page.token_to_{'keyring' if ring else 'file'}")
        self._say(said if source != "none" else f"{said} {goes}")
        self._show_buttons()

    def _say(self, text: str, role: str = "muted") -> None:
        self.state.setText(text)
        self.state.setProperty("role", role)
        restyle(self.state)

    def _show_buttons(self) -> None:
        self.keep.setEnabled(bool(self.token.text().strip()))
        self.forget.setVisible(self._place == "keyring")

    def _keep(self) -> None:
        token = self.token.text()
        if not token.strip():
            return
        self.token.clear()
        self._run(lambda: self._services.desk.keep_token(token), self._token_changed)

    def _forget(self) -> None:
        self._run(self._services.desk.forget_token, self._token_changed)

    def _token_changed(self, _: object) -> None:
        kept = self._services.desk.settings.keyring_for
        self.changed.emit(replace(self._services.settings, keyring_for=kept))
        self._ask()

    def _failed(self, error: PetitError) -> None:
        message = message_of(error, self._services.wording)
        self._say(f"{message.text} {message.hint}", "bad")

    def _run(self, call: Callable[[], Any], done: Callable[[Any], None]) -> None:
        job = self._services.background.run(
            "account", lambda _cancelled, _progress: call(), on_done=done, on_error=self._failed
        )
        self._jobs.append(job)

    def stop(self) -> None:
        """The dialog closes: what is still asked is told to nobody."""
        for job in self._jobs:
            job.drop()
