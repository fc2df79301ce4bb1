"""Draw on each document what the questions of one or several runs ask about, and list what nobody asks.

Run     uv run visualization/coverage.py [RUN ...] [--document NAME]
"""

import sys

from groundwork.stages.coverage import main

if __name__ == "__main__":
    sys.exit(main())
