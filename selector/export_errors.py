# SPDX-License-Identifier: Apache-2.0
"""Errors of carrying a decision elsewhere; the tree they hang on is in selector/errors.py.

ExportProblem
└── PinnedFileDiffers              decision.file_differs    a file here is not the one that was chosen
"""

from __future__ import annotations

from selector.errors import ExportProblem


class PinnedFileDiffers(ExportProblem):
    """A model's file on this disk is not the one that a decision pins. Facts: repo, file."""

    code = "decision.file_differs"
