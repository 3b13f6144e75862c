# SPDX-License-Identifier: Apache-2.0
"""The queue of downloads as the window sees it: looked at five times a second while something moves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal

from selector.desk.desk import Desk
from selector.desk.download_item import Item

LOOK_MS = 200
ACTIVE = frozenset({"queued", "running", "waiting"})
Key = tuple[str, str]
"""Reference and task of an item."""


class DownloadFeed(QObject):
    """Asks the desk's queue and tells; nothing here waits for a disk or a network.

    Signals:
        changed: the queue, or how far it is, changed.
        ended: the key of an item, and the LocalModel or PetitError that came of it; before ``changed``.
    """

    changed = Signal()
    ended = Signal(object, object)

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.items: tuple[Item, ...] = ()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    @property
    def active(self) -> bool:
        """Whether something moves, or will by itself."""
        return any(item.kept.state in ACTIVE for item in self.items)

    def add(self, refs: Sequence[str], task: str | None) -> list[Key]:
        """Put models at the end of the queue; gives their keys."""
        keys = self._desk.downloads.add(refs, task)
        self.look()
        return keys

    def pause(self, *keys: Key) -> None:
        """Stop these (all without arguments) and keep what came."""
        self._desk.downloads.pause(*keys)
        self.look()

    def resume(self, *keys: Key) -> None:
        """Go on with these (all that are paused without arguments)."""
        self._desk.downloads.resume(*keys)
        self.look()

    def cancel(self, *keys: Key) -> None:
        """Take these out of the queue and delete what came of them."""
        self._desk.downloads.cancel(*keys)
        self.look()

    def stop(self) -> None:
        """The window closes: look no more."""
        self._timer.stop()

    def look(self) -> None:
        """Look at the queue now. The first look opens it, which reads the store."""
        queue = self._desk.downloads
        ended = queue.take_ended()
        self.items = queue.items()
        if self.active:
            self._timer.start()
        else:
            self._timer.stop()
        for key, outcome in ended.items():
            self.ended.emit(key, outcome)
        self.changed.emit()
