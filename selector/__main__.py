# SPDX-License-Identifier: Apache-2.0
"""``python -m selector`` is ``petit``."""

import sys

from selector.cli import main

if __name__ == "__main__":
    sys.exit(main())
