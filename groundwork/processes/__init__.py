"""Processes: those that a call may crash or hang in, and which process of which machine did something."""
