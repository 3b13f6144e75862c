# SPDX-License-Identifier: Apache-2.0
"""One download of the queue: what it does, how far it is, and two buttons."""

from __future__ import annotations

from typing import Literal, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from selector.desk.download_item import Item
from selector.errors import HubBusy, NotEnoughDisk
from selector.wording import Wording, whole_seconds
from ui.models.short_names import short_name
from ui.widgets.progress_row import ProgressRow

Action = Literal["pause", "resume", "retry"]


def action_of(item: Item) -> Action:
    """What the first button does."""
    if item.kept.state == "failed":
        return "retry"
    return "resume" if item.kept.state == "paused" else "pause"


def moved_text(item: Item, wording: Wording) -> str:
    """Bytes, rate and time left."""
    kept = item.kept
    parts = [wording.text("candidates.progress", done=kept.done_bytes, total=kept.total_bytes)]
    if item.bytes_per_s:
        parts.append(wording.text("candidates.rate", rate=item.bytes_per_s))
    if item.eta_s is not None:
        parts.append(wording.text("candidates.left", eta=item.eta_s))
    return " · ".join(parts)


def state_text(item: Item, wording: Wording) -> str:
    """What the download does now, or why it does not."""
    kept, problem, text = item.kept, item.problem, wording.text
    if kept.state == "queued":
        return text("download.queued")
    if kept.state == "paused":
        if not kept.total_bytes:
            return text("download.paused_new")
        return text("download.paused", done=kept.done_bytes, total=kept.total_bytes)
    if kept.state == "failed":
        return wording.error(problem.code, problem.facts)[0] if problem else ""
    if kept.state == "waiting":
        if isinstance(problem, NotEnoughDisk):
            facts = problem.facts
            return text("download.waiting_room", need=facts["need_bytes"], have=facts["have_bytes"])
        key = "waiting_hub" if isinstance(problem, HubBusy) else "waiting_network"
        return text(f"download.{key}", wait=whole_seconds(item.wait_s))
    if item.phase == "waiting":
        return text("download.waiting_hub", wait=whole_seconds(item.wait_s))
    if item.phase == "reconnecting":
        wait = item.wait_s
        key = "reconnecting_now" if wait is None else "reconnecting"
        far = text("candidates.progress", done=kept.done_bytes, total=kept.total_bytes)
        return f"{text(f'download.{key}', wait=whole_seconds(wait))} · {far}"
    if item.phase in {"checking", "sharing"}:
        return text(f"download.{item.phase}")
    return moved_text(item, wording) if kept.total_bytes else text("download.starting")


class DownloadRow(ProgressRow):
    """Shows an item.

    Signals:
        action_asked: the first button was pressed; what it does is in ``action``.
        cancel_asked: the user wants it out of the queue.
    """

    action_asked = Signal()

    def __init__(self, item: Item, wording: Wording, parent: QWidget | None = None) -> None:
        self._name = short_name(item.kept.ref)
        super().__init__(
            wording.text("candidates.downloading", name=self._name),
            wording.text("download.cancel"),
            parent,
        )
        self._wording = wording
        self.item = item
        self.toggle = QPushButton()
        self.toggle.setProperty("kind", "quiet")
        self.toggle.clicked.connect(self.action_asked)
        cast("QHBoxLayout", self.layout()).insertWidget(1, self.toggle)
        self.show_item(item)

    @property
    def action(self) -> Action:
        """What the first button does."""
        return action_of(self.item)

    def show_item(self, item: Item) -> None:
        """Show a newer state."""
        self.item = item
        words = self._wording.text(f"download.{action_of(item)}")
        if self.toggle.text() != words:
            self.toggle.setText(words)
            self.toggle.setAccessibleName(f"{words}: {self._name}")
        known = item.kept.total_bytes
        moving = item.kept.state == "running"
        self.set_progress(
            item.kept.done_bytes, known if known or moving else 1, state_text(item, self._wording)
        )
