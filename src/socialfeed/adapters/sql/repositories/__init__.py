"""The write side: one repository for each noun, on the connection of one open transaction."""
