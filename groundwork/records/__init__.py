"""The records of the data folder: what each line of its files holds."""
