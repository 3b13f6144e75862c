# SPDX-License-Identifier: Apache-2.0
"""Petit's core: no Qt anywhere, and importing it imports no machine-learning runtime."""

__version__ = "0.1.0"
