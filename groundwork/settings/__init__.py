"""What the files hold: settings, records and the errors of reading them."""
