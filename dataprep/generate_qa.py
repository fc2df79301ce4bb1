"""Ask about every chunk until nothing new comes: question, evaluation criteria, answer, evidence.

Run     uv run dataprep/generate_qa.py --iterate
"""

import sys

from groundwork.stages.generate_qa import main

if __name__ == "__main__":
    sys.exit(main())
