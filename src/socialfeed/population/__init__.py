"""A believable population: people, who follows whom, posts over weeks, threads, likes and shares.

Pure: the domain and the standard library, no storage and no clock. The same `Plan` gives the same population,
byte for byte; how it gets into a database is the business of `socialfeed.entrypoints.cli.loading`.
"""

from socialfeed.population.people import DEMO_USERNAME
from socialfeed.population.plan import Plan
from socialfeed.population.population import NODE, Population

__all__ = ["DEMO_USERNAME", "NODE", "Plan", "Population"]
