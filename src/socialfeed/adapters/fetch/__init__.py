"""Fetching from servers that may be anybody's."""

from socialfeed.adapters.fetch.http import HttpFetcher
from socialfeed.adapters.fetch.network import PublicNetwork
from socialfeed.adapters.fetch.resolver import SystemResolver

__all__ = ["HttpFetcher", "PublicNetwork", "SystemResolver"]
