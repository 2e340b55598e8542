"""RabbitMQ, where there is one: no wheel brings it."""

import os

import pika
import pika.exceptions

from tests.services.found import Found, Missing, from_environment
from tests.services.launch import listens

VARIABLE = "SOCIALFEED_TEST_RABBITMQ_URL"


def find() -> Found | None:
    named = from_environment(VARIABLE)
    if named:
        return _answering(named, f"named by {VARIABLE}")
    if named is None and listens(5672):
        try:
            return _answering("amqp://guest:guest@127.0.0.1:5672/", "on the system at 127.0.0.1:5672")
        except Missing:
            return None
    return None


def may_be_absent() -> bool:
    """Whether a run without RabbitMQ is a whole run: on a developer's machine, never in CI."""
    return os.environ.get("CI", "").lower() in ("", "0", "false")


def _answering(url: str, origin: str) -> Found:
    parameters = pika.URLParameters(url)
    parameters.socket_timeout = parameters.stack_timeout = parameters.blocked_connection_timeout = 5
    parameters.connection_attempts = 1
    try:
        connection = pika.BlockingConnection(parameters)
    except (pika.exceptions.AMQPError, OSError) as error:
        raise Missing(f"The RabbitMQ {origin} does not let us in: {error!r}") from error
    # The blocking front hides what the server said about itself; the connection behind it knows.
    version = connection._impl.server_properties.get("version", "?")
    connection.close()
    return Found("RabbitMQ", str(version), origin, url=url)
