# SPDX-License-Identifier: Apache-2.0
"""What a licence asks of who uses the model: a key of the catalogue, one sentence each. Pure.

The sentences sum up; they are no legal advice, and the licence's own text decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from selector.hub.candidate import Licence, Reason

_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "public_domain": ("cc0-1.0", "unlicense", "0bsd", "mit-0", "wtfpl", "pddl"),
    "apache": ("apache-2.0", "ecl-2.0"),
    "notice": (
        "mit", "bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "isc", "zlib", "ncsa",
        "postgresql", "bsl-1.0", "ms-pl", "afl-3.0", "artistic-2.0",
    ),
    "attribution": ("cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "odc-by", "etalab-2.0"),
    "share_alike": ("cc-by-sa-3.0", "cc-by-sa-4.0", "odbl", "cdla-sharing-1.0", "gfdl"),
    "network_copyleft": ("agpl-3.0", "osl-3.0", "eupl-1.1", "eupl-1.2"),
    "copyleft": ("gpl", "gpl-2.0", "gpl-3.0"),
    "file_copyleft": ("lgpl", "lgpl-2.1", "lgpl-3.0", "lgpl-lr", "mpl-2.0", "epl-1.0", "epl-2.0"),
    "use_limits": (
        "openrail", "openrail++", "creativeml-openrail-m", "bigscience-openrail-m",
        "bigscience-bloom-rail-1.0", "bigcode-openrail-m",
    ),
    "llama": ("llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4"),
    "gemma": ("gemma",),
    "no_derivatives": ("cc-by-nd-4.0",),
    "non_commercial_share_alike": ("cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0"),
    "non_commercial_no_derivatives": ("cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0"),
}  # fmt: skip
OBLIGATIONS: Mapping[str, str] = MappingProxyType(
    {licence: family for family, licences in _FAMILIES.items() for licence in licences}
)
"""The family of every licence that has a sentence of its own; the others have their class's."""


def obligation(licence: Licence) -> Reason:
    """What ``licence`` asks: a family's sentence, else its class's."""
    stated = (licence.id or "").removesuffix("-only").removesuffix("-or-later")
    if licence.id == "other":
        stated = (licence.name or "").strip().lower()
    family = OBLIGATIONS.get(stated)
    if family is None or licence.kind == "unknown":
        family = f"class_{licence.kind.replace('-', '_')}"
    if licence.id is None:
        family = "none_stated"
    return Reason(f"obligation.{family}", {"id": licence.name or licence.id or ""})
