"""The explorer and the page of the REST API in a real browser, against a real server: they need chromium and node, so
`make test` leaves them out.
"""
