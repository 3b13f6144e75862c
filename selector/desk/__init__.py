# SPDX-License-Identifier: Apache-2.0
"""The main job as blocking calls: what the command line and the window both do, done once."""
