"""What every script shares on the command line: flags, loop, resume, progress, ledger, exit code."""
