# SPDX-License-Identifier: Apache-2.0
"""The window. Qt lives only here."""
