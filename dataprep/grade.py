"""Grade answers by the criteria of their questions, the judge checked before it is believed.

Run     uv run dataprep/grade.py DATASET --model NAME [--model ...] [--judge NAME]
"""

import sys

from groundwork.stages.grade import main

if __name__ == "__main__":
    sys.exit(main())
