"""The creation of a dataset: the files it is made from, its splits, the files that are written."""
