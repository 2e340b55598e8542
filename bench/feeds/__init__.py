"""Home feeds: what reading them costs, how fast posts come into them, and what they take. See `__main__`."""
