"""Media in a bucket of Amazon S3, or of anything that speaks its protocol: MinIO, Garage, Ceph, R2, …"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, aclosing, asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import S3Store

from socialfeed.adapters.media.belt import Belt, parts_of
from socialfeed.adapters.media.s3_address import Credentials, S3Address
from socialfeed.application.ports.media import StoredFile, check_key
from socialfeed.domain.errors import Unavailable

if TYPE_CHECKING:
    from obstore import BytesStream
    from obstore.store import ClientConfig, RetryConfig, S3Config, S3Credential

PART = 5 * 1024 * 1024
"""Bytes of a part of an upload: the fewest that S3 takes. Of at most 10,000 parts is a file."""

AT_ONCE = 2
"""Parts of one file on their way at the same time. With those that wait and gather, that is 20 MB an upload."""

READ_SIZE = 256 * 1024

CONNECT_SECONDS = 2
ANSWER_SECONDS = 5
"""For the answer to a question without a body, however often the driver repeats it."""

UPLOAD_SECONDS = 20
"""For one part to be sent and answered: a slow line should manage. A download may pause as long."""

PROBE = ".check"
"""What `check` writes. No key begins with a dot."""

_REASONS = (re.compile(r"<Code>(\w{1,64})</Code>"), re.compile(r"status code: (\d{3})"))
"""How an answer that is no success says why: by a code of S3's, or at least of HTTP's."""


@asynccontextmanager
async def opened(address: S3Address) -> AsyncIterator["S3MediaStore"]:
    """Raises `Unavailable` unless files can be written there."""
    store = S3MediaStore(_driver(address), address.place)
    await store.check()
    yield store


class S3MediaStore:
    """Files as objects of `bucket`, named by their keys; `place` is what messages call it.

    What a process has sent of a large file when it dies stays in the bucket, where no reader sees it but its owner
    pays for it: let a lifecycle rule of the bucket abort incomplete multipart uploads after a day.
    """

    def __init__(self, bucket: S3Store, place: str) -> None:
        self._bucket = bucket
        self._place = place

    async def put(self, key: str, chunks: AsyncIterator[bytes]) -> int:
        check_key(key)
        async with aclosing(parts_of(chunks, PART)) as parts:
            first = await anext(parts)
            if len(first) == PART:
                return await self._put_in_parts(key, first, parts)
        await self._put_whole(key, first, UPLOAD_SECONDS)
        return len(first)

    async def get(self, key: str, start: int = 0, stop: int | None = None) -> StoredFile | None:
        check_key(key)
        with self._explained():
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    if start == 0 and stop is None:
                        found = await self._bucket.get_async(key)
                        return StoredFile(found.meta["size"], _Chunks(found.stream(READ_SIZE), self._explained))
                    return await self._get_part(key, start, stop)
            except FileNotFoundError as error:
                if "NoSuchBucket" in str(error):
                    raise
                return None

    async def _get_part(self, key: str, start: int, stop: int | None) -> StoredFile:
        """S3 refuses a range of nothing without saying how large the file is, so that is asked first."""
        size = (await self._bucket.head_async(key))["size"]
        end = size if stop is None else min(stop, size)
        if start >= end:
            return StoredFile(size, _nothing())
        found = await self._bucket.get_async(key, options={"range": (start, end)})
        return StoredFile(size, _Chunks(found.stream(READ_SIZE), self._explained))

    async def delete(self, key: str) -> None:
        check_key(key)
        with self._explained(), suppress(FileNotFoundError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._bucket.delete_async(key)

    async def check(self) -> None:
        await self._put_whole(PROBE, b"", ANSWER_SECONDS)

    async def _put_whole(self, key: str, content: bytes, seconds: float) -> None:
        with self._explained():
            async with asyncio.timeout(seconds):
                await self._bucket.put_async(key, content, use_multipart=False)

    async def _put_in_parts(self, key: str, first: bytes, others: AsyncIterator[bytes]) -> int:
        """The driver aborts an upload whose source fails, but not one that is cancelled. So it runs in a task of its
        own, and its source fails when this is cancelled.
        """
        belt = Belt()
        upload = asyncio.create_task(self._send(key, belt))
        upload.add_done_callback(belt.stop)
        size, part = 0, first
        try:
            while part and await belt.put(part):
                size += len(part)
                part = await anext(others, b"")
            belt.end()
            with self._explained():
                await asyncio.shield(upload)
        except BaseException:
            belt.abandon()
            await asyncio.wait([upload], timeout=ANSWER_SECONDS)
            raise
        return size

    async def _send(self, key: str, belt: Belt) -> None:
        await self._bucket.put_async(key, belt, use_multipart=True, chunk_size=PART, max_concurrency=AT_ONCE)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Makes one line of what the driver raises, which is a page of text."""
        try:
            yield
        except (BaseError, FileNotFoundError, TimeoutError) as error:
            found = next(filter(None, (reason.search(str(error)) for reason in _REASONS)), None)
            said = f"cannot be used: {found[1]}." if found else "does not answer."
            raise Unavailable(f"{self._place} {said}") from error


async def _nothing() -> AsyncIterator[bytes]:
    yield b""


class _Chunks(AsyncIterator[bytes]):
    def __init__(self, stream: "BytesStream", explained: Callable[[], AbstractContextManager[None]]) -> None:
        self._stream = stream
        self._explained = explained

    async def __anext__(self) -> bytes:
        with self._explained():
            return await anext(self._stream)


def _driver(address: S3Address) -> S3Store:
    """Raises `ValueError` where the environment contradicts itself."""
    config: S3Config = {}
    if address.endpoint:
        config["aws_endpoint_url_s3"] = address.endpoint  # the one that no variable overrules
    if address.region:
        config["region"] = address.region
    options: ClientConfig = {
        "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
        "read_timeout": timedelta(seconds=UPLOAD_SECONDS),
        # For a whole request, however large what it brings and however slow the client who wants it.
        "timeout": timedelta(days=1),
    }
    if address.endpoint and address.endpoint.startswith("http:"):
        options["allow_http"] = True
    retry: RetryConfig = {
        "max_retries": 2,
        "retry_timeout": timedelta(seconds=ANSWER_SECONDS),
        "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1), "base": 2},
    }
    ours = address.credentials
    try:
        return S3Store(
            address.bucket,
            prefix=address.prefix or None,
            config=config,
            client_options=options,
            retry_config=retry,
            credential_provider=_provider(ours) if ours else None,
        )
    except BaseError as error:
        raise ValueError("The AWS_ variables of the environment do not describe a bucket") from error


def _provider(credentials: Credentials) -> Callable[[], "S3Credential"]:
    """Keeps the environment out: a session token that is there would belong to other credentials."""
    return lambda: {
        "access_key_id": credentials.access_key,
        "secret_access_key": credentials.secret,
        "token": None,
        "expires_at": None,
    }
