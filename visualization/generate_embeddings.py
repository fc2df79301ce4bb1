"""Embed the questions of one or more datasets.

Run     uv run visualization/generate_embeddings.py [DATASET ...]
"""

import sys

from groundwork.stages.generate_embeddings import main

if __name__ == "__main__":
    sys.exit(main())
