"""What the server does with its process."""

import gc

from graphql import GraphQLSchema

from socialfeed.entrypoints.cli.serving import create_served_app


def test_the_garbage_collector_leaves_alone_what_lives_as_long_as_the_server() -> None:
    try:
        app = create_served_app()
        assert callable(app)
        assert not [thing for thing in gc.get_objects() if isinstance(thing, GraphQLSchema)]
    finally:
        gc.unfreeze()
