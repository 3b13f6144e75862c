# SPDX-License-Identifier: Apache-2.0
"""Errors of single inputs and of answers to them.

InputProblem
├── InputUnusable         input.unusable            one input that no model can take; the others go on
└── NothingAnswered       input.nothing_answered    no example was answered by every model
"""

from __future__ import annotations

from selector.errors import InputProblem


class InputUnusable(InputProblem):
    """One input that no model can take; the others go on. Facts: index, reason (a key of the catalogue)."""

    code = "input.unusable"


class NothingAnswered(InputProblem):
    """Examples without an answer are to be left out, and none is left. Facts: name, models."""

    code = "input.nothing_answered"
