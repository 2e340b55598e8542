"""Finding posts and people."""
