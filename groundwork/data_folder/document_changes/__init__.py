"""Documents that go, that change their names, and that are set aside."""
