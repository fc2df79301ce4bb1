"""The report on the splits of a dataset: as a record, in sentences, and as a page."""
