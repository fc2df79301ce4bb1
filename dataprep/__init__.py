"""Groundwork: documents to fine-tuning datasets, one stage a script."""

import sys
from pathlib import Path

# A script run by its path has its own folder first on sys.path, where `chunk` or `datasets` would shadow
# modules of the standard library and of other packages. Ours are always imported by their full names.
_FOLDERS = (Path(__file__).parent, Path(__file__).parent.parent / "visualization")
if sys.path and sys.path[0] and Path(sys.path[0]).resolve() in [folder.resolve() for folder in _FOLDERS]:
    del sys.path[0]
