"""`userFeed` as others build it, on the same tables: what we are compared with.

Run by a Python of their own, `.venv/peers`, from `requirements-bench.txt`, with nothing of ours in it: Graphene and the
current graphql-core exclude each other. They have no limits, no visibility rules and no mutes to look after.
"""
