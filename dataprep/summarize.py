"""Summarise each document: the context that the questions lean on.

Run     uv run dataprep/summarize.py
"""

import sys

from groundwork.stages.summarize import main

if __name__ == "__main__":
    sys.exit(main())
