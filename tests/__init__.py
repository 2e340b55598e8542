"""Tests of socialfeed: `unit/` needs no service, `integration/` gets its services from `services/`."""
