# SPDX-License-Identifier: Apache-2.0
"""A checksum inside a decision file: what was changed by hand, or came damaged, is noticed.

It is no signature: whoever can compute a SHA-256 can write another. It keeps a slip of an editor, or
a cut transfer, from passing as evidence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "digest"
"""The key of the checksum; it covers every other key."""


def digest(document: Mapping[str, Any]) -> str:
    """SHA-256 over the document as JSON with sorted keys and no spaces, the checksum itself left out.

    Spacing, line ends and the order of keys may change on the way; a value may not.
    """
    rest = {name: value for name, value in document.items() if name != SEAL}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its checksum."""
    return {**document, SEAL: digest(document)}


def unsealed(document: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The document without its checksum, and whether that held; older files have none."""
    rest = {name: value for name, value in document.items() if name != SEAL}
    return rest, document.get(SEAL, digest(rest)) == digest(rest)
