# SPDX-License-Identifier: Apache-2.0
"""The worker processes that this process started, to end them as a fault would or to see them gone."""

from __future__ import annotations

import threading

import psutil

from ui.background import Background


def workers(role: str) -> list[psutil.Process]:
    """Those in a role that are alive."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if process.cmdline()[-2:] == ["selector.worker", role]:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


def end_jobs(*backgrounds: Background) -> None:
    """Stop what is under way and wait until its worker processes are gone."""
    for background in backgrounds:
        background.stop_all()
    for thread in threading.enumerate():
        if thread.name.startswith("petit-"):
            thread.join(10)
            assert not thread.is_alive(), f"{thread.name} goes on after its page"
