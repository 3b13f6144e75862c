# SPDX-License-Identifier: Apache-2.0
"""From the code of an error back to its class: errors cross process boundaries as code and facts."""

from __future__ import annotations

from typing import Any

from selector import endpoint_errors, export_errors, input_errors
from selector.errors import PetitError

TREES = (endpoint_errors, export_errors, input_errors)
"""Modules with classes of their own: they are found only once their modules are imported."""


def _descendants(base: type[PetitError]) -> list[type[PetitError]]:
    found = [base]
    for child in base.__subclasses__():
        found.extend(_descendants(child))
    return found


def error_classes() -> dict[str, type[PetitError]]:
    """Every error class by its code."""
    return {cls.code: cls for cls in _descendants(PetitError)}


def error_from(code: str, facts: dict[str, Any]) -> PetitError:
    """Rebuild an error that crossed a process boundary; an unknown code stays a plain PetitError."""
    cls = error_classes().get(code)
    if cls is None:
        return PetitError(original_code=code, **facts)
    return cls(**facts)
