# SPDX-License-Identifier: Apache-2.0
"""What to try: one input a line, one prompt, or two texts side by side, as the task wants it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from selector.tasks import audio, images
from selector.tasks.base import FILE_KINDS, PAIR_SEPARATOR, Task
from selector.wording import Wording
from ui.pages.labels import label
from ui.widgets.flow_layout import FlowLayout

PAUSE_MS = 600
MOST_INPUTS = 200
LINES = 4
CHIPS = 4
CHIP_SIGNS = 44


class InputBox(QPlainTextEdit):
    """A box for plain text, in which the tab key leads on and Ctrl+Enter runs.

    Signals:
        run_asked: Ctrl+Enter was pressed.
    """

    run_asked = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        height = self.fontMetrics().lineSpacing() * LINES + 20
        self.setMinimumHeight(height)
        self.setMaximumHeight(height)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Files that are dropped or pasted are their paths, one a line; all else is plain text."""
        paths = [url.toLocalFile() for url in source.urls() if url.isLocalFile()]
        if paths:
            self.add_lines(paths)
        else:
            super().insertFromMimeData(source)

    def add_lines(self, lines: Iterable[str]) -> None:
        """Put lines after what is written."""
        before = self.toPlainText().rstrip("\n")
        self.setPlainText("\n".join([*([before] if before else []), *lines]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter runs; all else is typing."""
        enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.run_asked.emit()
            event.accept()
            return
        super().keyPressEvent(event)


class TryInputs(QWidget):
    """The inputs and examples to add with one click.

    Signals:
        edited: the inputs, as a tuple, after a pause in typing.
        run_asked: Ctrl+Enter was pressed in a box.
    """

    edited = Signal(tuple)
    run_asked = Signal()

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        text = wording.text
        self._task: Task | None = None
        self._heading = label("", "section")
        self._count = label("", "muted", wrap=False)
        self.box = InputBox(text("try.inputs"))
        self.second = InputBox(text("try.second_text"))
        for box in (self.box, self.second):
            box.textChanged.connect(self._changed)
            box.run_asked.connect(self.run_asked)
        self.browse = QPushButton()
        self.browse.clicked.connect(self._choose)
        self._chips = QWidget()
        self._flow = FlowLayout(self._chips)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._tell)
        head = QHBoxLayout()
        head.addWidget(self._heading, 1)
        head.addWidget(self._count)
        boxes = QHBoxLayout()
        boxes.setSpacing(8)
        boxes.addWidget(self.box, 1)
        boxes.addWidget(self.second, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(boxes)
        column.addWidget(self.browse, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._chips)

    # -- what is shown ------------------------------------------------------------------------------

    @property
    def _pairs(self) -> bool:
        return self._task is not None and self._task.input_kind == "text_pair"

    @property
    def _pictures(self) -> bool:
        return self._task is not None and self._task.input_kind == "image"

    @property
    def _prompt(self) -> bool:
        return self._task is not None and self._task.output_kind == "text"

    def show_task(self, task: Task) -> None:
        """Ask for what this task takes."""
        if self._task is not None and self._task.id == task.id:
            return
        self._task = task
        text = self._wording.text
        one = "prompt" if task.streams else "text"
        kind = "pairs" if self._pairs else one if self._prompt else "lines"
        kind = {"image": "pictures", "audio": "recording"}.get(task.input_kind, kind)
        self.browse.setText(text(f"try.choose_{kind}") if task.input_kind in FILE_KINDS else "")
        names = task.parts.get(self._wording.language, ())
        first, second = names or (text("try.first_text"), text("try.second_text"))
        head = "parts" if names else kind
        self._heading.setText(text(f"try.heading.{head}", first=first, second=second))
        self.box.setAccessibleName(first if self._pairs else text(f"try.heading.{kind}"))
        self.second.setAccessibleName(second)
        of_part = [text("try.placeholder.part", name=name) for name in names]
        usual = [text(f"try.placeholder.{kind}"), text("try.placeholder.second")]
        for box, said in zip((self.box, self.second), of_part or usual, strict=True):
            box.setPlaceholderText(said)
        self.second.setVisible(self._pairs)
        self.browse.setVisible(task.input_kind in FILE_KINDS)
        self._show_chips(task.sample_inputs.get(self._wording.language, ()))
        self._show_count()

    def show_inputs(self, inputs: tuple[str, ...]) -> None:
        """Show the inputs of the project, unless the user is writing them."""
        if self._pause.isActive() or self.inputs() == inputs:
            return
        for box in (self.box, self.second):
            box.blockSignals(True)
        if self._pairs:
            pairs = [x.partition(PAIR_SEPARATOR) for x in inputs]
            self.box.setPlainText("\n".join(_one_line(a) for a, _, _ in pairs))
            self.second.setPlainText("\n".join(_one_line(b) for _, _, b in pairs))
        elif self._prompt:
            self.box.setPlainText(inputs[0] if inputs else "")
        elif self._pictures:
            self.box.setPlainText("\n".join(inputs))
        else:
            self.box.setPlainText("\n".join(_one_line(x) for x in inputs))
        for box in (self.box, self.second):
            box.blockSignals(False)
        self._show_count()

    def inputs(self) -> tuple[str, ...]:
        """What is written, without empty lines; pairs with only one text are left out."""
        if self._prompt:
            prompt = self.box.toPlainText().strip()
            return (prompt,) if prompt else ()
        if self._pictures:
            named = [line.strip() for line in self.box.toPlainText().split("\n")]
            return tuple([line for line in named if line][:MOST_INPUTS])
        lines = _lines(self.box)
        if self._pairs:
            both = zip_longest(lines, _lines(self.second), fillvalue="")
            found = [PAIR_SEPARATOR.join(pair) for pair in both if all(pair)]
        else:
            found = [line for line in lines if line]
        return tuple(found[:MOST_INPUTS])

    def flush(self) -> None:
        """Tell now what waits for the pause."""
        if self._pause.isActive():
            self._pause.stop()
            self._tell()

    def _choose(self) -> None:
        text = self._wording.text
        name, suffixes = (
            ("pictures", images.SUFFIXES) if self._pictures else ("recordings", audio.SUFFIXES)
        )
        kinds = f"{text(f'try.{name}')} ({' '.join(f'*{suffix}' for suffix in suffixes)})"
        if self._pictures:
            paths, _ = QFileDialog.getOpenFileNames(self, self.browse.text(), "", kinds)
            self.box.add_lines(paths)
            return
        path, _ = QFileDialog.getOpenFileName(self, self.browse.text(), "", kinds)
        if path:
            self.box.setPlainText(path)

    # -- inside -------------------------------------------------------------------------------------

    def _show_chips(self, samples: Iterable[str]) -> None:
        while (item := self._flow.takeAt(0)) is not None:
            if widget := item.widget():
                widget.deleteLater()
        for sample in list(samples)[:CHIPS]:
            plain = " ".join(sample.replace(PAIR_SEPARATOR, " / ").split())
            short = plain if len(plain) <= CHIP_SIGNS else plain[: CHIP_SIGNS - 1].rstrip() + "…"
            button = QPushButton(short.replace("&", "&&"))
            button.setProperty("kind", "chip")
            button.setToolTip(self._wording.text("try.add_example"))
            button.setAccessibleName(f"{self._wording.text('try.add_example')}: {plain}")
            button.clicked.connect(lambda _=False, x=sample: self._add(x))
            self._flow.addWidget(button)

    def _add(self, sample: str) -> None:
        if self._prompt:
            self.box.setPlainText(sample)
            return
        parts = sample.split(PAIR_SEPARATOR) if self._pairs else [sample]
        for box, part in zip((self.box, self.second), parts, strict=False):
            before = box.toPlainText().rstrip("\n")
            box.setPlainText(f"{before}\n{_one_line(part)}" if before else _one_line(part))

    def _changed(self) -> None:
        self._show_count()
        self._pause.start()

    def _show_count(self) -> None:
        count = 0 if self._prompt else len(self.inputs())
        self._count.setText(self._wording.text("try.inputs_count", n=count) if count else "")

    def _tell(self) -> None:
        self.edited.emit(self.inputs())


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _lines(box: QPlainTextEdit) -> list[str]:
    return [_one_line(line) for line in box.toPlainText().split("\n")]
