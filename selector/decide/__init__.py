# SPDX-License-Identifier: Apache-2.0
"""Labelled examples, metrics, statistics, verdict. Pure; no machine-learning runtime."""
