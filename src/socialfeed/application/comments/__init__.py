"""Comments, and the threads that they make."""
