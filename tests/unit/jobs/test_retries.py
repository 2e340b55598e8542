import dramatiq
import pytest
from dramatiq.broker import MessageProxy
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import ConnectionClosed

from socialfeed.adapters.dramatiq.brokers import OUTAGE_TRIES, TRIES, PatientRetries, middleware
from socialfeed.domain.errors import Unavailable


class FlakyBroker(StubBroker):
    """Refuses the first messages, as RabbitMQ does while it is short of memory: jobs are delivered all the same."""

    refusals = 0

    def enqueue(self, message: dramatiq.Message[None], *, delay: int | None = None) -> dramatiq.Message[None]:
        if self.refusals:
            self.refusals -= 1
            raise ConnectionClosed("no room")  # type: ignore[no-untyped-call]
        return super().enqueue(message, delay=delay)


@pytest.fixture
def failed(monkeypatch: pytest.MonkeyPatch) -> MessageProxy:
    monkeypatch.setattr(PatientRetries, "pause_seconds", 0.0)
    return MessageProxy(dramatiq.Message("mail", "job", (), {}, {}))


@pytest.fixture
def broker() -> FlakyBroker:
    broker = FlakyBroker(middleware=middleware())
    dramatiq.Actor(lambda: None, broker=broker, actor_name="job", queue_name="mail", priority=0, options={})
    return broker


def test_a_failed_job_is_put_back_when_the_broker_takes_it_again_and_that_counts_as_one_try(
    broker: FlakyBroker, failed: MessageProxy
) -> None:
    broker.refusals = 3
    broker.emit_after("process_message", failed, exception=RuntimeError("a bug"))

    delayed = broker.queues["mail.DQ"]
    assert dramatiq.Message.decode(delayed.get_nowait()).options["retries"] == 1
    assert delayed.empty()
    assert not failed.failed


def test_pauses_grow_from_a_second_to_a_quarter_of_an_hour(broker: FlakyBroker, failed: MessageProxy) -> None:
    pauses = []
    for retries in range(12):
        failed.options["retries"] = retries
        broker.emit_after("process_message", failed, exception=RuntimeError("a bug"))
        delayed = dramatiq.Message.decode(broker.queues["mail.DQ"].get_nowait())
        pauses.append(delayed.options["eta"] - delayed.options["requeue_timestamp"])

    assert 1_000 <= pauses[0] <= 2_100
    assert 4_000 <= pauses[2] <= 8_100
    assert 450_000 <= pauses[11] <= 900_100


def test_a_job_that_never_succeeds_is_given_up_some_day(broker: FlakyBroker, failed: MessageProxy) -> None:
    failed.options["retries"] = TRIES - 1
    broker.emit_after("process_message", failed, exception=RuntimeError("a bug"))

    assert failed.failed
    assert broker.queues["mail.DQ"].empty()


def test_a_job_that_misses_something_is_given_up_much_later(broker: FlakyBroker, failed: MessageProxy) -> None:
    failed.options["retries"] = OUTAGE_TRIES - 2
    broker.emit_after("process_message", failed, exception=Unavailable())
    assert not failed.failed

    failed.options["retries"] = OUTAGE_TRIES - 1
    broker.emit_after("process_message", failed, exception=Unavailable())
    assert failed.failed
