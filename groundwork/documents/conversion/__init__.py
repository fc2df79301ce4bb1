"""A document on its way to Markdown: the table of converters, their processes, its pages and their renditions."""
