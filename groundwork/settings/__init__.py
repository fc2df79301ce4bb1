"""The settings: their types and limits, and how config/ and its overlays are read."""
