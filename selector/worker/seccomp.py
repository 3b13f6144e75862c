# SPDX-License-Identifier: Apache-2.0
"""Linux's system-call filter, for systems that forbid ordinary users an empty network namespace.

The filter takes away every way to reach another machine and leaves llama.cpp the socket that it insists on
listening on: ``connect``, sockets without connections, sending that connects by itself (TCP fast open), and
io_uring, whose requests no filter sees. See seccomp(2) and linux/filter.h.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from collections.abc import Iterable

# Numbers of the kernel's own headers: audit architecture, then system calls.
_CALLS = {
    "x86_64": (
        0xC000003E,
        {"socket": 41, "connect": 42, "sendto": 44, "sendmsg": 46, "sendmmsg": 307, "uring": 425},
    ),
    "aarch64": (
        0xC00000B7,
        {"socket": 198, "connect": 203, "sendto": 206, "sendmsg": 211, "sendmmsg": 269, "uring": 425},
    ),
}  # fmt: skip
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
_NUMBER, _ARCHITECTURE = 0, 4
_X32 = 0x40000000
"""Calls of a third way to use an x86 kernel, under other numbers: none of ours."""
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_STREAM, _TYPE_MASK = 1, 0xF
_AND = 0x54
_FAST_OPEN = 0x20000000
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2

Instruction = tuple[int, int, int, int]
"""Code, where to go on when true and when false (instructions to skip), the operand."""


def _argument(number: int) -> int:
    """Where the low half of an argument is in struct seccomp_data; both machines are little-endian."""
    return 16 + 8 * number


def network_filter(machine: str) -> list[Instruction] | None:
    """The program for a processor by the name that uname gives it; None for one that is not known."""
    if machine not in _CALLS:
        return None
    architecture, calls = _CALLS[machine]
    refuse: Instruction = (_RETURN, 0, 0, _REFUSE)
    allow: Instruction = (_RETURN, 0, 0, _ALLOW)
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, architecture), refuse,
        (_LOAD, 0, 0, _NUMBER), (_AT_LEAST, 0, 1, _X32), refuse,
    ]  # fmt: skip
    for name in ("connect", "uring"):
        program += [(_EQUAL, 0, 1, calls[name]), refuse]
    for name, flags in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):
        program += [
            (_EQUAL, 0, 4, calls[name]),
            (_LOAD, 0, 0, _argument(flags)), (_ANY_BIT, 0, 1, _FAST_OPEN), refuse, allow,
        ]  # fmt: skip
    program += [
        (_EQUAL, 1, 0, calls["socket"]), allow,
        (_LOAD, 0, 0, _argument(0)), (_EQUAL, 0, 1, _UNIX), allow, (_EQUAL, 0, 1, _NETLINK), allow,
        (_EQUAL, 2, 0, _INET), (_EQUAL, 1, 0, _INET6), refuse,
        (_LOAD, 0, 0, _argument(1)), (_AND, 0, 0, _TYPE_MASK), (_EQUAL, 0, 1, _STREAM), allow, refuse,
    ]  # fmt: skip
    return program


def _packed(program: Iterable[Instruction]) -> bytes:
    return b"".join(struct.pack("=HBBI", *each) for each in program)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def refuse_network() -> bool:
    """Put this process, and what it starts, under the filter for good; whether the kernel took it."""
    if not sys.platform.startswith("linux") or ctypes.sizeof(ctypes.c_void_p) != 8:
        return False
    program = network_filter(platform.machine())
    if program is None:
        return False
    code = ctypes.create_string_buffer(_packed(program))
    given = _Program(len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    # Without this an ordinary user may set no filter: a program with more rights could be misled by it.
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(given), 0, 0) == 0)
