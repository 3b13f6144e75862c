# SPDX-License-Identifier: Apache-2.0
"""How right the predictions of memory and speed are, beside the formulas that others use."""
