"""Compare by their tags what datasets ask about: a histogram, a map of tags, and what one has and another lacks.

Run     uv run visualization/compare_tags.py A B [C ...] [--min-count 1] [--max-tags 5] [--interactive]
"""

import sys

from groundwork.stages.compare_tags import main

if __name__ == "__main__":
    sys.exit(main())
