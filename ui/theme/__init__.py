# SPDX-License-Identifier: Apache-2.0
"""Colours, sizes, icons and the style sheet: one table of tokens, two themes."""
