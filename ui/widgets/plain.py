# SPDX-License-Identifier: Apache-2.0
"""Text from outside kept plain where Qt would guess that it is HTML."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

_SHORT = 80
_LONG_WORD = re.compile(r"\S{18,}")
_JOINT = re.compile(r"([/_.?&=,-](?=\w)|[a-z](?=[A-Z]))")
_NO_JOINT = re.compile(r"[^\s\u200b]{22}(?=[^\s\u200b])")


def plain_tooltip(text: str) -> str:
    """``text`` for a tool tip: never read as HTML, and wrapped when it is long."""
    if len(text) <= _SHORT and not any(sign in text for sign in "<&\n"):
        return text
    return f"<qt>{escape(text).replace(chr(10), '<br>')}</qt>"


def breakable(text: str) -> str:
    """``text`` with places to wrap within long words such as addresses and file names."""
    joined = _LONG_WORD.sub(lambda word: _JOINT.sub("\\1\u200b", word[0]), text)
    return _NO_JOINT.sub(lambda part: part[0] + "\u200b", joined)


def plain_label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """A label that never reads its text as HTML; ``role`` is one of the style sheet's."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        label.setProperty("role", role)
    if wrap:
        label.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        label.setSizePolicy(policy)
    return label


def restyle(widget: QWidget) -> None:
    """Let the style sheet look again at a widget whose dynamic properties changed."""
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    for child in widget.findChildren(QWidget):
        style.unpolish(child)
        style.polish(child)
    widget.updateGeometry()  # another look may need another size
    widget.update()
