"""Compare the questions of several datasets on one map, with the figures that tell which to choose.

Run     uv run visualization/compare_embeddings.py A B [C ...] [--interactive | --no-interactive]
"""

import sys

from groundwork.stages.compare_embeddings import main

if __name__ == "__main__":
    sys.exit(main())
