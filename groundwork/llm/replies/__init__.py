"""What a reply says: its thoughts and wrappings taken off, its JSON read into the value asked for."""
