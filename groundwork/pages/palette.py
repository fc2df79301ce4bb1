"""The colours and marks that tell groups apart, the same in every picture.

Found by hill climbing from Okabe and Ito's hues: any two of the eight lie at least 20 apart in CIE76, any two of the
first five 25, for full colour vision and for each of the three kinds of colour blindness (a test holds them to it).
Each also has a mark of its own, so that no picture depends on colour alone.
"""

from __future__ import annotations

LIGHT = ["#0039b9", "#bb1e00", "#00b47f", "#c373cd", "#ed8200", "#5b7cff", "#8e1c2c", "#7f2978"]
DARK = ["#4673e3", "#cc5f34", "#3ef7b8", "#ffbcff", "#c7e666", "#c374ac", "#48af7a", "#ba9cff"]
MARKS = ["circle", "square", "triangle", "diamond", "cross", "star", "down", "plus"]  # of the page, by palette index
MATPLOTLIB_MARKS = ["o", "s", "^", "D", "X", "*", "v", "P"]  # the same, as matplotlib names them

# easy, medium, hard: one hue that darkens, so that the order can be seen without colour
ORDERED_LIGHT = ["#8fc1e3", "#3b82c4", "#0b3c6f"]
ORDERED_DARK = ["#35608a", "#5fa8e6", "#cfe8ff"]

INK, QUIET, FAINT = "#1d2530", "#5d6875", "#d9dee4"  # words, lesser words and rules of the PNGs

SCRIPT_PALETTE = {  # as the scripts of the pages name the colours
    "light": LIGHT,
    "dark": DARK,
    "orderedLight": ORDERED_LIGHT,
    "orderedDark": ORDERED_DARK,
    "marks": MARKS,
}
