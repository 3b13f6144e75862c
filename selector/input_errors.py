# SPDX-License-Identifier: Apache-2.0
"""Errors of single inputs, which end nothing but their own answer.

InputProblem
└── InputUnusable         input.unusable            one input that no model can take
"""

from __future__ import annotations

from selector.errors import InputProblem


class InputUnusable(InputProblem):
    """One input that no model can take; the others go on. Facts: index, reason (a key of the catalogue)."""

    code = "input.unusable"
