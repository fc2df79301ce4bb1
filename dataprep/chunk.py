"""Cut each document's Markdown into chunks: whole tables, whole sentences, nothing lost.

Run     uv run dataprep/chunk.py [--show] [--html]
"""

import sys

from groundwork.stages.chunk import main

if __name__ == "__main__":
    sys.exit(main())
