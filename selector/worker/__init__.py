# SPDX-License-Identifier: Apache-2.0
"""One process per loaded model: entry, protocol, client, supervisor, memory meter."""
