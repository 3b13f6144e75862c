# SPDX-License-Identifier: Apache-2.0
"""What Windows writes down of processor and display adapters, read from the registry.

WMI's ``AdapterRAM`` is a 32-bit number and says 4 GB of every larger card; the driver's own
``HardwareInformation.qwMemorySize`` does not. An adapter that was ever moved or updated has several
entries, so the same card in the same slot counts once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from selector.machine.facts import Accelerator, AcceleratorKind

_DISPLAY = r"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}"
_PROCESSOR = r"HARDWARE\DESCRIPTION\System\CentralProcessor\0"
_SIZE = "HardwareInformation.qwMemorySize"
_SIZE_32 = "HardwareInformation.MemorySize"
_KINDS: Mapping[str, AcceleratorKind] = {"10de": "cuda", "1002": "rocm", "8086": "xpu"}
_SMALL = 1 << 30
"""An integrated adapter reserves less than this; the rest it shares with the system."""


def display_entries() -> list[dict[str, Any]]:
    """Values of every display adapter's key; none on another system. Raises OSError."""
    if sys.platform != "win32":
        return []
    import winreg

    found: list[dict[str, Any]] = []
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _DISPLAY) as display:
        for number in range(winreg.QueryInfoKey(display)[0]):
            name = winreg.EnumKey(display, number)
            if not name.isdecimal():
                continue  # "Properties" and the like, which only the system may read
            try:
                with winreg.OpenKey(display, name) as key:
                    values = range(winreg.QueryInfoKey(key)[1])
                    found.append(
                        {str(v[0]): v[1] for v in (winreg.EnumValue(key, n) for n in values)}
                    )
            except OSError:
                continue
    return found


def processor_name() -> str:
    """As the system shows it; empty on another system. Raises OSError."""
    if sys.platform != "win32":
        return ""
    import winreg

    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, _PROCESSOR) as key:
        return str(winreg.QueryValueEx(key, "ProcessorNameString")[0]).strip()


def parse_adapters(entries: Iterable[Mapping[str, Any]]) -> tuple[Accelerator, ...]:
    """Adapters of makers whose processors can compute, each card once. Free memory is not told."""
    found: dict[tuple[str, str], Accelerator] = {}
    for entry in entries:
        device = str(entry.get("MatchingDeviceId", "")).lower()
        kind = _KINDS.get(device.partition("ven_")[2][:4])
        name = str(entry.get("DriverDesc", "")).strip()
        if kind is None or not name or not device.startswith("pci"):
            continue  # remote desktops, virtual screens, the basic display driver
        size = _bytes(entry.get(_SIZE)) or _bytes(entry.get(_SIZE_32))
        integrated = kind != "cuda" and (size is None or size < _SMALL)
        found[(device, name)] = Accelerator(
            kind,
            name,
            None if integrated else size,
            driver=str(entry.get("DriverVersion", ""))[:40],
            integrated=integrated,
        )
    return tuple(found.values())


def _bytes(value: Any) -> int | None:
    """REG_QWORD, or REG_BINARY as older drivers write it; little-endian."""
    if isinstance(value, (bytes, bytearray)) and 0 < len(value) <= 8:
        value = int.from_bytes(value, "little")
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
