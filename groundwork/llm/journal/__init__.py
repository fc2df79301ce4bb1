"""Every reply that was paid for, kept in SQLite."""
