"""Measurements: programs that print figures and a verdict. See README.md."""
