"""Groundwork: documents to fine-tuning datasets, one stage a script."""

import sys
from pathlib import Path

# A script run by its path has its own folder first on sys.path, where `chunk` or `coverage` would shadow modules of
# other packages. Ours are always imported by their full names.
SCRIPT_FOLDERS = ("dataprep", "visualization")
if sys.path and Path(sys.path[0]).name in SCRIPT_FOLDERS and Path(sys.argv[0] or ".").parent == Path(sys.path[0]):
    del sys.path[0]
