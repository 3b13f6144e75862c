# SPDX-License-Identifier: Apache-2.0
"""Predicts memory, speed and disk of a variant on a machine, as intervals."""
