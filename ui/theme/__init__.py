# SPDX-License-Identifier: Apache-2.0
"""How everything looks: tokens, style sheet, palette, icons."""
