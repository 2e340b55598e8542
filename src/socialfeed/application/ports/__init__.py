"""What the use cases need from the outside. Each docstring is the contract that `socialfeed.testing` proves.

Every port is asynchronous unless it says otherwise and raises `socialfeed.domain.errors.Unavailable` when the
service behind it does not answer in time.
"""
