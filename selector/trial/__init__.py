# SPDX-License-Identifier: Apache-2.0
"""The same inputs through several contestants: plan, runner, fair timing."""
