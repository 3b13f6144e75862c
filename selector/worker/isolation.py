# SPDX-License-Identifier: Apache-2.0
"""What a worker gives up at its start: its network, endless memory, and its life after its parent's death.

The network is taken away in one of two ways. An empty network namespace is the stronger: nothing is left
to talk to. Systems that forbid ordinary users to make one (Ubuntu since 23.10, most containers) take the
filter of seccomp.py. Landlock was left aside, for it covers TCP ports and no more, and so were bubblewrap
and firejail: programs that would have to be installed. Elsewhere the libraries' own switches hold.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Literal

from selector.worker.seccomp import refuse_network

Isolation = Literal["namespace", "filter", "settings", "open"]
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_PDEATHSIG = 1
_FIRST_TO_GO = 800
"""Of 1000: where memory runs out, Linux ends a model and not the user's programs."""


def close_network() -> Isolation:
    """Take the network away for good where Linux allows it; the process must have one thread.

    Returns ``namespace`` when there is no network left, ``filter`` when nothing can be reached over the one
    that is there, ``settings`` when only the libraries' own offline switches hold.
    """
    if empty_namespace():
        return "namespace"
    return "filter" if refuse_network() else "settings"


def empty_namespace() -> bool:
    """Move into a network namespace with nothing in it; whether the system lets us."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    # Root needs no user namespace; others get one in which they stay who they are.
    if user == 0 and libc.unshare(_CLONE_NEWNET) == 0:
        return True
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
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
    return True


def limit_memory(most_bytes: int) -> None:
    """On Linux, refuse this process more than ``most_bytes`` of memory of its own, files it reads apart.

    A model that asks for more fails with an error, where it would otherwise fill the swap and stop every
    program on the machine. Graphics drivers reserve addresses that they never fill: where there is one,
    there is no limit. Where memory runs out all the same, this process is the first to go.
    """
    if not sys.platform.startswith("linux"):
        return
    import resource

    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(f"{_FIRST_TO_GO}\n", encoding="ascii")
    if Path("/dev/nvidiactl").exists() or Path("/dev/kfd").exists():
        return
    with suppress(OSError, ValueError):
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        most = most_bytes if most == resource.RLIM_INFINITY else min(most, most_bytes)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def die_with_parent() -> None:
    """On Linux, be killed when the parent dies, even while native code runs and reads no input."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
