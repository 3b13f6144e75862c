# SPDX-License-Identifier: Apache-2.0
"""Whether an engine's packages are here, and if not, whether they can be: found without importing them."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Collection

from selector.engines.base import Loadable

INTEL_MAC = ("Darwin", "x86_64")
ARM_WINDOWS = ("Windows", "ARM64")


def probe_packages(
    names: Collection[str], without_build: Collection[tuple[str, str]] = ()
) -> Loadable:
    """Ok when every package of ``names`` is here; else why not.

    ``without_build`` names the systems (platform.system(), platform.machine()) nobody builds them for.
    """
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if not missing:
        return Loadable(True)
    here = platform.system(), platform.machine()
    if here in without_build:
        return Loadable(False, "engine.no_build", {"system": " ".join(here), "missing": missing})
    return Loadable(False, "engine.not_installed", {"missing": missing})
