"""The read side: one reader for each noun, every call one round trip outside transactions."""
