# SPDX-License-Identifier: Apache-2.0
"""What a worker gives up at its start: its network, and its life after its parent's death."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Literal

Isolation = Literal["namespace", "settings", "open"]
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG = 1


def close_network() -> Isolation:
    """Move into an empty network namespace where Linux allows it; the process must have one thread.

    Returns ``namespace`` when there is no network left, ``settings`` when only the libraries' own
    offline switches hold.
    """
    if not sys.platform.startswith("linux"):
        return "settings"
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    # Root needs no user namespace; others get one in which they stay who they are.
    if user == 0 and libc.unshare(_CLONE_NEWNET) == 0:
        return "namespace"
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return "settings"
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        try:
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:  # noqa: PTH123
                file.write(text)
        except OSError:
            continue
    return "namespace"


def die_with_parent() -> None:
    """On Linux, be killed when the parent dies, even while native code runs and reads no input."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
