# SPDX-License-Identifier: Apache-2.0
"""One window for one data folder: a second start hands its file over and ends.

Two windows would write the same jobs. The meeting point is a local socket that only this user may open; a
first window that is gone leaves at most its file behind, and one that does not answer is started beside.
"""

from __future__ import annotations

import getpass
import hashlib
import json
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_CONNECT_MS = 300
_ANSWER_MS = 2000
_MAX_BYTES = 65536
_TAKEN = b"taken\n"


def meeting_point(data: Path) -> str:
    """The socket's name: of this user and this data folder."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = ""
    mark = hashlib.sha256(f"{user}\0{data.resolve()}".encode()).hexdigest()
    return f"petit-{mark[:20]}"


def hand_over(name: str, file: Path | None) -> bool:
    """Whether a window that is open already took this start; ``file`` is what it shall open."""
    socket = QLocalSocket()
    socket.connectToServer(name)
    if not socket.waitForConnected(_CONNECT_MS):
        return False
    told = "" if file is None else str(file.expanduser().absolute())
    socket.write(json.dumps({"open": told}).encode() + b"\n")
    socket.flush()
    answer = b""
    while not answer.endswith(b"\n") and socket.waitForReadyRead(_ANSWER_MS):
        answer += bytes(socket.readAll().data())
    socket.disconnectFromServer()
    return answer == _TAKEN


class SingleInstance(QObject):
    """Listens for later starts.

    Signals:
        started_again: another start happened; the path of a file to open, or nothing.
    """

    started_again = Signal(str)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._meet)
        # hand_over was tried before: what is there is the file of one that is gone.
        self.listening = self._server.listen(name)
        if not self.listening:
            QLocalServer.removeServer(name)
            self.listening = self._server.listen(name)

    def close(self) -> None:
        """Listen no more."""
        self._server.close()

    def _meet(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(lambda socket=socket: self._hear(socket))
            socket.disconnected.connect(socket.deleteLater)
            if socket.bytesAvailable():
                self._hear(socket)

    def _hear(self, socket: QLocalSocket) -> None:
        if socket.bytesAvailable() > _MAX_BYTES:
            socket.abort()
            return
        if not socket.canReadLine():
            return
        told = _path(bytes(socket.readLine(_MAX_BYTES).data()))
        if told is None:
            socket.abort()
            return
        socket.write(_TAKEN)
        socket.flush()
        self.started_again.emit(told)


def _path(line: bytes) -> str | None:
    """The path in a message, empty for none; None for what no Petit sends."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    told = message.get("open") if isinstance(message, dict) else None
    return told if isinstance(told, str) and "\0" not in told else None
