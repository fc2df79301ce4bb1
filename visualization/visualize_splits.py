"""Draw the splits of a finished dataset on one map: does eval stand for train, and does it repeat it?

Run     uv run visualization/visualize_splits.py [DATASET] [--interactive | --no-interactive]
"""

import sys

from groundwork.stages.visualize_splits import main

if __name__ == "__main__":
    sys.exit(main())
