# SPDX-License-Identifier: Apache-2.0
"""Errors of carrying a decision elsewhere; the tree they hang on is in selector/errors.py.

ExportProblem
├── PinnedFileDiffers              decision.file_differs    a file here is not the one that was chosen
└── BundleUnreadable               bundle.unreadable        not what Petit packs, damaged, or meant to harm
"""

from __future__ import annotations

from selector.errors import ExportProblem


class PinnedFileDiffers(ExportProblem):
    """A model's file on this disk is not the one that a decision pins. Facts: repo, file."""

    code = "decision.file_differs"


class BundleUnreadable(ExportProblem):
    """Not a bundle that may be unpacked; nothing was written. Facts: path, reason, name of a file in it."""

    code = "bundle.unreadable"
