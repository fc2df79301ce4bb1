"""Turn documents into Markdown, one text each, and prove page by page that nothing was lost.

Run     uv run dataprep/ingest.py [--converter NAME] [--password WORD]
"""

import sys

from groundwork.stages.ingest import main

if __name__ == "__main__":
    sys.exit(main())
