"""The Redis adapters on a real server, and on one that misbehaves."""
