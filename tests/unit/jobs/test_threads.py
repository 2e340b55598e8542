import asyncio
import subprocess
import sys
import threading
import time

import pytest

from socialfeed.adapters.dramatiq.threads import DaemonThreads, attempt


async def test_calls_return_and_raise_as_they_would_here() -> None:
    threads = DaemonThreads(2, "test")
    loop = asyncio.get_running_loop()

    assert await asyncio.gather(*(loop.run_in_executor(threads, pow, 2, n) for n in range(20))) == [
        2**n for n in range(20)
    ]
    with pytest.raises(ZeroDivisionError):
        await loop.run_in_executor(threads, divmod, 1, 0)
    threads.shutdown()


async def test_no_more_calls_run_at_once_than_there_are_threads() -> None:
    threads = DaemonThreads(3, "test")
    barrier = threading.Barrier(3)
    loop = asyncio.get_running_loop()

    await asyncio.gather(*(loop.run_in_executor(threads, barrier.wait) for _ in range(6)))
    names = await asyncio.gather(*(loop.run_in_executor(threads, _name) for _ in range(50)))
    assert set(names) <= {"test-0", "test-1", "test-2"}
    threads.shutdown()


async def test_a_call_that_was_given_up_while_it_waited_is_not_made() -> None:
    threads = DaemonThreads(1, "test")
    loop = asyncio.get_running_loop()
    gate, made = threading.Event(), threading.Event()
    holding = loop.run_in_executor(threads, gate.wait)
    waiting = loop.run_in_executor(threads, made.set)
    waiting.cancel()
    await asyncio.sleep(0)
    gate.set()
    await holding
    await loop.run_in_executor(threads, _name)

    assert not made.is_set()
    threads.shutdown()


async def test_an_attempt_is_left_when_it_hangs_or_fails(caplog: pytest.LogCaptureFixture) -> None:
    forever = threading.Event()
    await attempt(0.05, forever.wait)
    await attempt(5, _fail)
    forever.set()

    assert [record.getMessage() for record in caplog.records] == [
        "Event.wait did not end in order: TimeoutError",
        "_fail did not end in order: RuntimeError",
    ]


def test_a_process_ends_while_a_thread_hangs() -> None:
    script = (
        "import threading\n"
        "from socialfeed.adapters.dramatiq.threads import DaemonThreads\n"
        "DaemonThreads(1, 'hanging').submit(threading.Event().wait)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)


def _name() -> str:
    time.sleep(0.001)
    return threading.current_thread().name


def _fail() -> None:
    raise RuntimeError
