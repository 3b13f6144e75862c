# SPDX-License-Identifier: Apache-2.0
"""Is the decision engine right as often as it says, and with how little?

    python -m tests.benchmarks.decide [labels|best|race|votes|speed …] [--runs N] [--seed N]

With ``PETIT_DECIDE_DATA`` set to a folder, recorded results of real models are used: every ``*.csv`` or
``*.csv.gz`` below it whose rows are models (name first) and whose columns are examples (1 right, 0
wrong). Without it, synthetic collections (``collections``). Each table names its target, our figure and
those of the baselines, all on the same draws; intervals are Wilson's at 95 %.
"""
