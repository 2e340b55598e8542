"""The explorer page in a real browser, against a real server: needs chromium and node, so `make test` leaves it out."""
