# SPDX-License-Identifier: Apache-2.0
"""A second start hands over to the first; what nobody of ours sends is ignored."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalSocket

from ui.single_instance import SingleInstance, hand_over, meeting_point

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def first(qapp, tmp_path):
    made = SingleInstance(meeting_point(tmp_path / "data"))
    assert made.listening
    yield made
    made.close()
    made.deleteLater()


def test_that_a_second_start_hands_its_file_over_and_ends(first, qtbot, tmp_path):
    command = [
        sys.executable,
        "-m",
        "ui",
        "--data-dir",
        str(tmp_path / "data"),
        "my job.petit.json",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    with qtbot.waitSignal(first.started_again, timeout=60_000) as heard:
        second = subprocess.Popen(command, cwd=tmp_path, env=environment)
    assert heard.args == [str(tmp_path / "my job.petit.json")]
    qtbot.waitUntil(lambda: second.poll() is not None, timeout=30_000)
    assert second.returncode == 0


def test_that_without_a_first_nobody_takes_over(qapp, tmp_path):
    assert not hand_over(meeting_point(tmp_path), None)


def test_that_folders_do_not_meet(tmp_path):
    assert meeting_point(tmp_path / "a") != meeting_point(tmp_path / "b")
    assert meeting_point(tmp_path / "a") == meeting_point(tmp_path / "b" / ".." / "a")


@pytest.mark.skipif(os.name == "nt", reason="Windows leaves no file of a pipe behind")
def test_that_the_socket_of_one_that_was_killed_is_no_hindrance(qapp, tmp_path):
    name = meeting_point(tmp_path)
    script = (
        "import sys, os\nfrom PySide6.QtCore import QCoreApplication\n"
        "app = QCoreApplication([])\nfrom ui.single_instance import SingleInstance\n"
        f"made = SingleInstance({name!r})\nassert made.listening\nos.kill(os.getpid(), 9)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", script], env=environment, check=False)
    assert not hand_over(name, None)
    made = SingleInstance(name)
    assert made.listening
    made.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"\n",
        b"[]\n",
        b'{"open": 7}\n',
        b'{"open": "a\\u0000b"}\n',
        b"\xff\xfe\n",
        b"[" * 5000 + b"\n",
    ],
)
def test_that_what_no_petit_sends_opens_nothing(first, qtbot, tmp_path, sent):
    heard = []
    first.started_again.connect(heard.append)
    socket = QLocalSocket()
    socket.connectToServer(meeting_point(tmp_path / "data"))
    assert socket.waitForConnected(2000)
    socket.write(sent)
    socket.flush()
    gone = QLocalSocket.LocalSocketState.UnconnectedState
    qtbot.waitUntil(lambda: socket.state() == gone, timeout=10_000)
    assert heard == []
    assert first.listening


def test_that_a_flood_is_cut_off(first, qtbot, tmp_path):
    socket = QLocalSocket()
    socket.connectToServer(meeting_point(tmp_path / "data"))
    assert socket.waitForConnected(2000)
    socket.write(b"x" * 1_000_000)  # and no end of line
    gone = QLocalSocket.LocalSocketState.UnconnectedState
    qtbot.waitUntil(lambda: socket.state() == gone, timeout=10_000)
