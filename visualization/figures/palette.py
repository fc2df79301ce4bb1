"""The colours and marks that tell groups apart, the same in every picture.

The hues descend from Okabe and Ito's set for colour-blind readers (https://jfly.uni-koeln.de/color/), darkened for
light paper and lightened for dark; each also has a mark of its own, so that no picture depends on colour alone.
"""

from __future__ import annotations

LIGHT = ["#0072b2", "#d55e00", "#009e73", "#b5489b", "#e09a00", "#3fa9e0", "#7a5c12", "#4b4fbf"]
DARK = ["#4ba3e3", "#ff8a4c", "#2fc79b", "#ee93cd", "#f5c04a", "#9adcff", "#c4a05a", "#a9a4ff"]
MARKS = ["circle", "square", "triangle", "diamond", "cross", "star", "down", "plus"]  # of the page, by palette index
MATPLOTLIB_MARKS = ["o", "s", "^", "D", "X", "*", "v", "P"]  # the same, as matplotlib names them

# easy, medium, hard: one hue that darkens, so that the order can be seen without colour
ORDERED_LIGHT = ["#8fc1e3", "#3b82c4", "#0b3c6f"]
ORDERED_DARK = ["#35608a", "#5fa8e6", "#cfe8ff"]
