# SPDX-License-Identifier: Apache-2.0
"""Parts that pages are composed of: one class per file, words given by the caller."""
