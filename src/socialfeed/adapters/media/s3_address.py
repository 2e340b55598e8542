"""Where a bucket is, and who may use it: `s3://` URLs."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

_FORM = "A bucket is written s3://bucket/prefix?endpoint=https://host:port&region=name"
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_REGION = re.compile(r"[A-Za-z0-9-]{1,64}")

_SOURCES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_METADATA_ENDPOINT",
    "AWS_SKIP_SIGNATURE",
)
"""Variables that say where credentials come from. Without any of them the driver would ask the address at which a
machine of Amazon's describes itself; elsewhere that is nobody, or a stranger.
"""

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


@dataclass(frozen=True, slots=True)
class Credentials:
    access_key: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class S3Address:
    """`credentials` is None where the environment has them; so may be `region`. No `endpoint` is Amazon's."""

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    credentials: Credentials | None = None

    @classmethod
    def from_url(cls, url: str) -> "S3Address":
        """`s3://[key:secret@]bucket[/prefix][?endpoint=…&region=…]`; a "/" in a secret is written %2F. Raises
        `ValueError`, which quotes nothing, for where a secret is cut off is anybody's guess.
        """
        parts = urlsplit(url)
        login, _, bucket = parts.netloc.rpartition("@")
        prefix = unquote(parts.path).strip("/")
        if not _BUCKET.fullmatch(bucket) or parts.fragment:
            raise ValueError(_FORM)
        if prefix and not all(_PART.fullmatch(part) for part in prefix.split("/")):
            raise ValueError("The prefix of a bucket is made of letters, digits, - and _, with / between its parts")
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        endpoint, region = options.pop("endpoint", _from_environment(_ENDPOINTS)), options.pop("region", None)
        if options:
            raise ValueError(f"A bucket has the options endpoint and region, not {', '.join(sorted(options))}")
        if region is not None and not _REGION.fullmatch(region):
            raise ValueError("A region is a name like eu-central-1")
        where = None if endpoint is None else _checked(endpoint)
        return cls(bucket, prefix, where, region, _credentials(login))

    @property
    def place(self) -> str:
        """For people, without secrets."""
        host = urlsplit(self.endpoint).netloc if self.endpoint else ""
        return f"The bucket {self.bucket} at {host}" if host else f"The bucket {self.bucket}"


def _checked(endpoint: str) -> str:
    wrong = ValueError("The endpoint of a bucket is written https://host:port")
    try:
        parts: SplitResult = urlsplit(endpoint)
        _ = parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
        raise wrong
    return endpoint.rstrip("/")


def _credentials(login: str) -> Credentials | None:
    access_key, _, secret = login.partition(":")
    if access_key and secret:
        return Credentials(unquote(access_key), unquote(secret))
    if login:
        raise ValueError("The credentials of a bucket are written s3://key:secret@bucket")
    if not _from_environment(_SOURCES):
        raise ValueError(
            "There are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or write s3://key:secret@bucket"
        )
    return None


def _from_environment(names: Sequence[str]) -> str | None:
    """The first that is set to anything."""
    return next(filter(None, map(os.environ.get, names)), None)
