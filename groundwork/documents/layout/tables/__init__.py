"""Tables of a page: those with drawn lines, those without, and lists that are spaced like them."""
