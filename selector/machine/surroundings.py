# SPDX-License-Identifier: Apache-2.0
"""Whether this process lives in a container or in Windows' Linux: devices and limits are others there."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def surroundings(root: Path = Path("/")) -> str:
    """``wsl``, ``docker``, ``podman``, the name a container gives itself, both joined by "+", or nothing."""
    if platform.system() != "Linux":
        return ""
    found = []
    if "microsoft" in _text(root / "proc/sys/kernel/osrelease").lower():
        found.append("wsl")
    if container := _container(root):
        found.append(container)
    return "+".join(found)


def _container(root: Path) -> str:
    if (root / ".dockerenv").exists():
        return "docker"
    if (root / "run/.containerenv").exists():
        return "podman"
    if (root / ".flatpak-info").exists():
        return "flatpak"
    if os.environ.get("KUBERNETES_SERVICE_HOST"):
        return "kubernetes"
    # systemd's own mark, for those containers that tell (https://systemd.io/CONTAINER_INTERFACE).
    named = _text(root / "run/systemd/container").strip()
    return named if named.isascii() and named.replace("-", "").isalnum() else ""


def _text(path: Path) -> str:
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            return file.read(200)
    except OSError:
        return ""
