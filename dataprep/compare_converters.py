"""Run several converters on one PDF and show side by side the speed, cost and accuracy of each.

Run several converters on one PDF and show side by side the speed, cost and accuracy of each.
"""

import sys

from groundwork.stages.compare_converters import main

if __name__ == "__main__":
    sys.exit(main())
