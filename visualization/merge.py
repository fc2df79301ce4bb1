"""Merge several runs into one: the union of their questions, of near-duplicates the best copy.

Run     uv run visualization/merge.py A B [C ...] --out RUN [--threshold 0.95]
"""

import sys

from groundwork.stages.merge import main

if __name__ == "__main__":
    sys.exit(main())
