"""Read every pair of a run beside its chunk, accept, reject or correct it, and let the dataset obey.

Run     uv run dataprep/review.py [RUN] [--reviewer NAME]
"""

import sys

from groundwork.stages.review import main

if __name__ == "__main__":
    sys.exit(main())
