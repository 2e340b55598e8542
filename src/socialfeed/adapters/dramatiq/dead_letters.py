"""Jobs that failed too often, or that no worker can read: the dead letters of a broker, who keeps them for a week."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic

import dramatiq

from socialfeed.adapters.dramatiq.brokers import B, Brokers, Letter
from socialfeed.application.ports.parked import Parked

Ask = Callable[..., Awaitable[Any]]
"""Makes a call with the broker that submits, in a thread."""


class DeadLetters(Generic[B]):
    """`queues` are the names that the broker has for them."""

    def __init__(self, brokers: Brokers[B], broker: B, queues: Sequence[str], jobs: frozenset[str], ask: Ask) -> None:
        self._brokers = brokers
        self._broker = broker
        self._queues = queues
        self._jobs = jobs
        self._ask = ask

    async def count(self) -> int:
        return sum([await self._ask(self._brokers.count_dead, self._broker, queue) for queue in self._queues])

    async def oldest(self, *, limit: int) -> list[Parked]:
        parked: list[Parked] = []
        for queue in self._queues:
            letters: list[Letter] = await self._ask(self._brokers.dead, self._broker, queue, limit - len(parked))
            parked += [self._shown(queue, letter) for letter in letters]
            if len(parked) >= limit:
                break
        return parked

    async def retry(self, parked_id: str) -> bool:
        return await self._take(parked_id, self._submit_again)

    async def discard(self, parked_id: str) -> bool:
        return await self._take(parked_id, lambda _: None)

    async def _take(self, parked_id: str, use: Callable[[bytes], object]) -> bool:
        for queue in self._queues:
            if await self._ask(self._brokers.take_dead, self._broker, queue, parked_id, use):
                return True
        return False

    def _submit_again(self, body: bytes) -> None:
        """As it was when it was new."""
        dead: dramatiq.Message[Any] = dramatiq.Message.decode(body)
        new: dramatiq.Message[Any] = dramatiq.Message(dead.queue_name, dead.actor_name, (), dead.kwargs, {})
        self._broker.enqueue(new)

    def _shown(self, queue: str, letter: Letter) -> Parked:
        try:
            message: dict[str, Any] = json.loads(letter.body)
            options = message["options"]
            job = str(message["actor_name"])
            ms = options.get("requeue_timestamp") or message["message_timestamp"]
            at = datetime.fromtimestamp(ms / 1000, UTC)
            event_id = message["kwargs"].get("id")
            is_known = job in self._jobs
            return Parked(
                letter.id, queue, job, event_id, options.get("retries", 0) + 1, at, _reason(options, is_known)
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            return Parked(letter.id, queue, "?", None, 1, datetime.fromtimestamp(0, UTC), "no message of ours")


def letter_id(body: bytes) -> str:
    """What a letter is called where the broker has no name of its own for it."""
    try:
        return str(json.loads(body)["message_id"])
    except (ValueError, KeyError, TypeError):
        return "?"


def _reason(options: dict[str, Any], is_known: bool) -> str:
    """The kind of the error only: its text may quote what a listing should not show."""
    lines = str(options.get("traceback") or "").strip().splitlines()
    if lines:
        return lines[-1].partition(":")[0].rpartition(".")[2]
    return "unreadable event" if is_known else "unknown job"
