"""What `dataprep` does beside the stages: init, run, status, doctor, diff, forget, set-aside, gather, gc, example."""
