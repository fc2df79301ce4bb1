"""Draw a dataset's questions as a map: what is near in meaning stands near.

Run     uv run visualization/visualize_embeddings.py [DATASET] [--interactive | --no-interactive]
"""

import sys

from groundwork.stages.visualize_embeddings import main

if __name__ == "__main__":
    sys.exit(main())
