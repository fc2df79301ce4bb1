"""What listens at an address: what it takes, what it is sent, what it replies, and how it refuses."""
