# SPDX-License-Identifier: Apache-2.0
"""An evaluation as a project keeps it, read back with care: an older or a damaged one is no crash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selector.decide.codec import evaluation_from_json
from selector.decide.verdict_facts import Evaluation


def stored_evaluation(data: Mapping[str, Any] | None) -> Evaluation | None:
    """The evaluation, or None when there is none. Raises ValueError when it cannot be read."""
    if not data:
        return None
    try:
        return evaluation_from_json(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
