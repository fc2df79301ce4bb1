"""The running of a stage: its command, its job, the loop over its units, the ledger, and who shares the work."""
