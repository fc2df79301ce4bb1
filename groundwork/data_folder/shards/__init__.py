"""Shares of the documents that several machines work on, and how what they made is joined."""
