"""The way of a call: its turn, its money, its retries, and what it used."""
