"""Stores for the files that users give us."""

from contextlib import AbstractAsyncContextManager

from socialfeed.adapters.media.local import LocalMediaStore, open_local
from socialfeed.adapters.media.s3_address import S3Address
from socialfeed.application.ports.adapters import AdapterContext
from socialfeed.application.ports.media import MediaStore

__all__ = ["LocalMediaStore", "open_local", "open_s3"]


def open_s3(url: str, _context: AdapterContext) -> AbstractAsyncContextManager[MediaStore]:
    """`s3://[key:secret@]bucket[/prefix][?endpoint=https://host:port&region=name]`. What the URL leaves out comes from
    the standard `AWS_…` variables. Needs the extra `s3`, whose driver is imported only now. Raises `ValueError`.
    """
    address = S3Address.from_url(url)
    try:
        from socialfeed.adapters.media import s3
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("obstore"):
            raise
        raise ValueError("A bucket needs the extra: pip install 'socialfeed[s3]'") from None
    return s3.opened(address)
