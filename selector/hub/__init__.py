# SPDX-License-Identifier: Apache-2.0
"""Search, facts, licences, ranking, download, cache. Only client.py imports huggingface_hub."""
