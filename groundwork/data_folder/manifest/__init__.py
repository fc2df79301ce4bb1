"""What every artifact was made from, and whether it is current."""
