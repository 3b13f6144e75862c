# SPDX-License-Identifier: Apache-2.0
"""OpenAI-compatible chat endpoints as contestants: a local server, or a service in somebody's cloud.

No engine of the registry, for it loads no files: what is asked, how the answer is read, and the wire.
"""
