# SPDX-License-Identifier: Apache-2.0
"""Petit's own database: SQLite, numbered migrations, one small module per concern."""
