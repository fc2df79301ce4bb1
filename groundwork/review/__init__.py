"""The place where people read pairs and decide: the server, its page, and tables for those who work without it."""
