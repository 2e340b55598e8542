"""The description is valid, and says what is served: no more, no less."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from socialfeed.entrypoints.rest.app import RestApp
from socialfeed.testing.client import Client, open_client
from tests.integration.rest.calls import BODIES, get

METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with open_client() as client:
        yield client


@pytest.fixture
async def document(client: Client) -> Any:
    response = await get(client, "/openapi.json")
    assert (response.status, response.headers["content-type"]) == (200, "application/json")
    return response.json()


async def test_the_document_is_valid_openapi_3_1(document: Any) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


async def test_it_lists_exactly_the_routes_that_are_served_but_itself(document: Any) -> None:
    described = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    served = {(route.path, method) for route in RestApp().routes for method in route.methods or () if method != "HEAD"}

    assert described == served - {("/openapi.json", "GET")}


async def test_it_describes_what_the_contract_names(document: Any) -> None:
    assert document["paths"].keys() == {*BODIES, "/users/me", "/users/{username}", "/media", "/media/{id}"}


async def test_every_operation_has_a_name_of_its_own_and_a_sentence(document: Any) -> None:
    operations = [item[method] for item in document["paths"].values() for method in item.keys() & METHODS]

    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"].endswith(".") for operation in operations)


async def test_every_body_refuses_unknown_fields_and_every_refusal_is_a_problem(document: Any) -> None:
    schemas = document["components"]["schemas"]
    for item in document["paths"].values():
        for operation in item.values():
            if "requestBody" in operation:
                [content] = operation["requestBody"]["content"].values()
                reference = content["schema"].get("$ref", "").rpartition("/")[2]
                assert (schemas[reference] if reference else content["schema"])["additionalProperties"] is False
            for status, response in operation["responses"].items():
                assert int(status) < 400 or list(response["content"]) == ["application/problem+json"]


async def test_the_bearer_token_is_required_where_there_must_be_a_viewer(document: Any) -> None:
    assert document["paths"]["/users/me"]["get"]["security"] == [{"bearer": []}]
    assert {} in document["paths"]["/users/{username}"]["get"]["security"]
