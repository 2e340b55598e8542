"""The rules of a social feed: pure, synchronous, standard library only. Time and ids are always passed in."""
