# SPDX-License-Identifier: Apache-2.0
"""One file per engine: what runs a model. Importing them imports no runtime."""
