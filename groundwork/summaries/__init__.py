"""Summaries of documents, long ones by section, each with the name of its subject."""
