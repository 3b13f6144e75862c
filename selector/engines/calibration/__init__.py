# SPDX-License-Identifier: Apache-2.0
"""Measures what each engine gives on this machine, in a worker of its own: about three seconds each.

One file per engine. Nothing here is a real model: matrices and small networks made on the spot, whose
times the predictions of selector/fit scale to real ones.
"""
