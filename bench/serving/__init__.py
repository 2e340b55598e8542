"""`userFeed` over HTTP, against what there is to be had on the same core. See `__main__`."""
