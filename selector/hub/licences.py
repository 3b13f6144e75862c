# SPDX-License-Identifier: Apache-2.0
"""Licence ids as SPDX and the Hub write them, and the class that says what one may do with the model.

Only ids that are known get a class: everything else is ``unknown``, which is never permissive.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from selector.hub.candidate import Licence, LicenceClass

_PERMISSIVE = (
    "apache-2.0", "mit", "mit-0", "bsd", "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "isc",
    "0bsd", "zlib", "unlicense", "wtfpl", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0",
    "cc-by-4.0", "pddl", "odc-by", "cdla-permissive-1.0", "cdla-permissive-2.0", "artistic-2.0",
    "afl-3.0", "ecl-2.0", "bsl-1.0", "ncsa", "postgresql", "ofl-1.1", "ms-pl", "etalab-2.0",
    "openmdw-1.0",
)  # fmt: skip
_COPYLEFT = (
    "gpl", "gpl-2.0", "gpl-3.0", "agpl-3.0", "lgpl", "lgpl-2.1", "lgpl-3.0", "lgpl-lr", "mpl-2.0",
    "epl-1.0", "epl-2.0", "eupl-1.1", "eupl-1.2", "osl-3.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "odbl",
    "gfdl", "cdla-sharing-1.0",
)  # fmt: skip
# Commercial use is allowed, with conditions on who, how many users, or what for.
_RESTRICTED = (
    "openrail", "openrail++", "creativeml-openrail-m", "bigscience-openrail-m",
    "bigscience-bloom-rail-1.0", "bigcode-openrail-m", "llama2", "llama3", "llama3.1", "llama3.2",
    "llama3.3", "llama4", "gemma", "deepfloyd-if-license", "apple-ascl",
    "tii-falcon-llm", "grok2-community", "cc-by-nd-4.0",
)  # fmt: skip
_NON_COMMERCIAL = (
    "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0",
    "cc-by-nc-sa-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "fair-noncommercial-research-license",
    "c-uda", "intel-research", "apple-amlr", "h-research",
)  # fmt: skip


def _table() -> dict[str, LicenceClass]:
    table: dict[str, LicenceClass] = {}
    table |= dict.fromkeys(_PERMISSIVE, "permissive")
    table |= dict.fromkeys(_COPYLEFT, "copyleft")
    table |= dict.fromkeys(_RESTRICTED, "restricted")
    table |= dict.fromkeys(_NON_COMMERCIAL, "non-commercial")
    return table


LICENCES: Mapping[str, LicenceClass] = MappingProxyType(_table())
"""Every licence id that has a class."""


# SPDX says which versions hold; to the class it makes no difference.
_VERSIONS = re.compile(r"(-only|-or-later|\+)$")
_EITHER = re.compile(r"\s+or\s+")
_BOTH = re.compile(r"\s+and\s+")


def _kind(key: str) -> LicenceClass:
    return LICENCES.get(key) or LICENCES.get(_VERSIONS.sub("", key)) or "unknown"


def classify(licence_id: str | None, name: str | None = None, link: str | None = None) -> Licence:
    """The licence with its class. Ids are compared without regard to case.

    Of ``mit or gpl-3.0`` one may choose the milder, with ``and`` the stricter holds. A licence called
    ``other`` gets the class its ``name`` is known for, unless that were permissive: who calls a licence
    other than MIT "MIT" has changed it.
    """
    if licence_id is None or not licence_id.strip():
        return Licence(None, "unknown", name, link)
    key = " ".join(licence_id.strip().lower().split())[:200]
    choices = [
        max((_kind(part) for part in _BOTH.split(choice)), key=_STRICTNESS.index)
        for choice in _EITHER.split(key.replace("(", "").replace(")", ""))
    ]
    kind = min(choices, key=_STRICTNESS.index)
    if key == "other" and name:
        called = _kind(re.sub(r"[\s_]+", "-", name.strip().lower()))
        kind = "unknown" if called == "permissive" else called
    return Licence(key, kind, name, link)


_STRICTNESS: tuple[LicenceClass, ...] = (
    "permissive", "copyleft", "restricted", "unknown", "non-commercial",
)  # fmt: skip


def strictest(
    licence_ids: tuple[str, ...], name: str | None = None, link: str | None = None
) -> Licence:
    """Of several licences the one that allows least, because all of them hold."""
    found = [classify(item, name, link) for item in licence_ids]
    if not found:
        return Licence(None, "unknown", name, link)
    return max(found, key=lambda licence: _STRICTNESS.index(licence.kind))


def accepts(wanted: str, licence: Licence) -> bool:
    """Whether a licence passes the user's filter: ``any``, a class, or one licence id."""
    wanted = wanted.strip().lower()
    return wanted in {"", "any", licence.kind, licence.id}
