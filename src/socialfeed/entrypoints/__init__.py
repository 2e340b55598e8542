"""The fronts: each parses, calls one service and answers."""
