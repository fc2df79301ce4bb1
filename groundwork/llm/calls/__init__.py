"""The way of a call: its admission, its money, its retries, and the correction of what came back."""
