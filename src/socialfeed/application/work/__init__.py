"""What happens after a commit, and from time to time."""
