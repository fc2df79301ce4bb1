"""Run several converters on one PDF and show side by side how fast, how dear and how faithful they are.

Run several converters on one PDF and show side by side how fast, how dear and how faithful they are.
"""

import sys

from groundwork.stages.compare_converters import main

if __name__ == "__main__":
    sys.exit(main())
