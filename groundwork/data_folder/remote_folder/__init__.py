"""A data folder elsewhere, such as in a bucket, and its local copy."""
