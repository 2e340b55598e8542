"""The executable schema: the SDL file bound to the resolvers."""

from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path

from ariadne import InterfaceType, ScalarType, gql, make_executable_schema
from graphql import GraphQLError, GraphQLSchema

from socialfeed.entrypoints.graphql.resolvers import TYPES
from socialfeed.entrypoints.wire import parse_rfc3339, rfc3339


def sdl() -> str:
    """The text of `schema.graphql`: packaged in a wheel, at the root of a checkout."""
    packaged = resources.files("socialfeed") / "schema.graphql"
    path = packaged if packaged.is_file() else Path(__file__).parents[4] / "schema.graphql"
    return path.read_text(encoding="utf-8")


@cache
def build_schema() -> GraphQLSchema:
    """Built once a process: it holds no state of an application."""
    return make_executable_schema(
        gql(sdl()),
        *TYPES,
        ScalarType("DateTime", serializer=rfc3339, value_parser=_moment),
        InterfaceType("MutationPayload"),
        convert_names_case=True,
    )


def _moment(value: object) -> datetime:
    try:
        return parse_rfc3339(value)
    except ValueError as error:
        raise GraphQLError(str(error)) from None  # the client's mistake, not ours
