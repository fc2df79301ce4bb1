"""The folder data/: where its files lie, how they are read and written, and what the program knows of them."""
