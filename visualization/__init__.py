"""Pictures and numbers of what the pipeline made: maps, tags, comparisons, coverage."""

import dataprep  # noqa: F401  takes this folder off sys.path when one of its files is run as a script
