"""Tag the questions of one or more datasets, all by the same model.

Run     uv run visualization/generate_tags.py [DATASET ...] [--max-tags 5]
"""

import sys

from groundwork.stages.generate_tags import main

if __name__ == "__main__":
    sys.exit(main())
