"""Signing keys in a file: a JWK set with private keys (RFC 7517, RFC 8037), written whole or not at all, for its owner
alone. No error or log line of this module holds a private key.
"""

import asyncio
import fcntl
import logging
import os
import secrets
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from socialfeed.adapters.security.signing import (
    NOTICE,
    Ed25519Ring,
    Signer,
    SigningKey,
    State,
    base64url,
    turns,
)

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks at whether the file has changed."""

_Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class _StoredKey(msgspec.Struct, forbid_unknown_fields=True):
    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    kid: str
    x: str
    d: str
    created_at: _Moment
    signs_from: _Moment


class _StoredKeys(msgspec.Struct, forbid_unknown_fields=True):
    keys: list[_StoredKey]


class Change(NamedTuple):
    """What a change of the file left, made and removed."""

    keys: list[SigningKey]
    made: SigningKey | None
    removed: list[SigningKey]


def read_keys(path: Path) -> list[SigningKey]:
    """Raises `ValueError` in one line for what is no key file, `OSError` for one that cannot be read."""
    return _parsed(path, path.read_bytes())


def rotate(path: Path, now: datetime) -> Change:
    """Adds a key that signs after `NOTICE`, or at once where it is the first, and removes those that are retired.
    Makes the file if it is not there. Raises as `read_keys` does, and then leaves the file as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path):
        try:
            before = read_keys(path)
        except FileNotFoundError:
            before = []
        # Never before a key that waits already: the newest is the one that signs in the end.
        signs_from = max([now + NOTICE, *(key.signs_from for key in before)]) if before else now
        made = SigningKey(Ed25519PrivateKey.generate(), now, signs_from)
        kept, removed = _parted(before, now)
        _write(path, [*kept, made])
        return Change([*kept, made], made, removed)


def prune(path: Path, now: datetime) -> Change:
    """Removes the keys that are retired. Raises as `read_keys` does."""
    with _locked(path):
        kept, removed = _parted(read_keys(path), now)
        if removed:
            _write(path, kept)
        return Change(kept, None, removed)


class KeyFileRing:
    """The keys of a file as they are by now: `watch` follows it. When the file cannot be read any more the keys read
    last go on.
    """

    algorithm = Ed25519Ring.algorithm

    def __init__(self, path: Path) -> None:
        """Raises as `read_keys` does."""
        self._path = path
        self._seen: tuple[int, ...] = ()
        self._complaint = ""
        self._ring = self._read()

    def signs(self, at: datetime) -> Signer:
        return self._ring.signs(at)

    def verifies(self, kid: str, at: datetime) -> Any | None:
        return self._ring.verifies(kid, at)

    def published(self, at: datetime) -> list[dict[str, str]]:
        return self._ring.published(at)

    async def watch(self, changed: Callable[[], None]) -> None:
        """Follows the file until cancelled; calls `changed` after new keys have taken the place of the old ones."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            # In a thread: the file may lie on a network.
            ring = await asyncio.to_thread(self._read_if_changed)
            if ring is not None:
                self._ring = ring
                changed()
                log.info("signing keys read again from %s", self._path)

    def _read_if_changed(self) -> Ed25519Ring | None:
        try:
            if _identity(self._path.stat()) == self._seen:
                return None
            ring = self._read()
        except (OSError, ValueError) as error:
            if self._complaint != str(error):
                self._complaint = str(error)
                log.warning("the signing keys read before go on: %s", error)
            return None
        self._complaint = ""
        return ring

    def _read(self) -> Ed25519Ring:
        with self._path.open("rb") as file:
            self._seen = _identity(os.fstat(file.fileno()))
            content = file.read()
        keys = _parsed(self._path, content)
        if not keys:
            raise ValueError(f"{self._path} holds no key: socialfeed keys rotate makes one")
        return Ed25519Ring(keys)


def _identity(found: os.stat_result) -> tuple[int, ...]:
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev


def _parted(keys: Sequence[SigningKey], now: datetime) -> tuple[list[SigningKey], list[SigningKey]]:
    """Those to keep, and those that are retired."""
    ordered = turns(keys)
    kept = [turn.key for turn in ordered if turn.state(now) is not State.RETIRED]
    return kept, [turn.key for turn in ordered if turn.state(now) is State.RETIRED]


def _parsed(path: Path, content: bytes) -> list[SigningKey]:
    try:
        keys = [_key(stored) for stored in msgspec.json.decode(content, type=_StoredKeys).keys]
    except (msgspec.DecodeError, ValueError) as error:
        raise ValueError(f"{path} is no file of signing keys: {error}") from None
    if len({key.kid for key in keys}) < len(keys):
        raise ValueError(f"{path} is no file of signing keys: it holds a key twice")
    return keys


def _key(stored: _StoredKey) -> SigningKey:
    try:
        private = Ed25519PrivateKey.from_private_bytes(urlsafe_b64decode(stored.d + "=="))
    except ValueError:
        raise ValueError("a private key is not one of Ed25519") from None
    key = SigningKey(private, stored.created_at, stored.signs_from)
    if (key.kid, key.x) != (stored.kid, stored.x):
        raise ValueError("a private key does not belong to its kid and x")
    return key


def _write(path: Path, keys: Sequence[SigningKey]) -> None:
    stored = [
        _StoredKey(
            "OKP", "Ed25519", key.kid, key.x, base64url(key.private.private_bytes_raw()), key.created_at, key.signs_from
        )
        for key in keys
    ]
    content = msgspec.json.format(msgspec.json.encode(_StoredKeys(stored)), indent=2) + b"\n"
    target = path.resolve()  # a link stays a link
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _keep_owner(descriptor, target)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        draft.replace(target)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    with _folder(target) as folder:
        os.fsync(folder)


def _keep_owner(descriptor: int, target: Path) -> None:
    """Who could read the file before still can: root may rotate the keys of a server that runs as somebody else."""
    with suppress(FileNotFoundError):
        old, new = target.stat(), os.fstat(descriptor)
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.fchown(descriptor, old.st_uid, old.st_gid)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One writer at a time, by a lock on the folder: the file itself is replaced by each of them."""
    with _folder(path.resolve()) as folder:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield


@contextmanager
def _folder(path: Path) -> Iterator[int]:
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
