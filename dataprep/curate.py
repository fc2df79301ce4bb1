"""Check every pair of a run, each check in a column of its own; fix or set aside what fails, delete nothing.

Run     uv run dataprep/curate.py [--run NAME]
"""

import sys

from groundwork.stages.curate import main

if __name__ == "__main__":
    sys.exit(main())
