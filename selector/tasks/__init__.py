# SPDX-License-Identifier: Apache-2.0
"""One file per task: what goes in, what comes out, how it is shown, which metrics judge it."""
