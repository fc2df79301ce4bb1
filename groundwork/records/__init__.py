"""The data folder: files written whole or not at all, and the manifest of what they were made from."""
