"""Make the dataset: train, an eval split that stands for it, its mirror, a card; and push it to the Hub.

Run     uv run dataprep/create_dataset.py [RUN ...] --eval-split [--rephrase-qa] [--eval-mirror] [--push --org ORG]
"""

import sys

from groundwork.stages.create_dataset import main

if __name__ == "__main__":
    sys.exit(main())
