"""Looking at uploads and making them over.

Headers are read in this process, by code that decodes nothing. Decoding and encoding, where a hostile file may find a
fault in a codec, happen in a child process with little memory and time, no secrets in its environment and nothing open
but the files it is given.
"""

from socialfeed.adapters.media.processing.processor import ChildProcessor

__all__ = ["ChildProcessor"]
