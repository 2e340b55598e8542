"""The URL of every adapter here."""


def require_bare(url: str) -> None:
    """Raises `ValueError` unless the URL is `memory://`: there is nothing to choose."""
    if url not in ("memory:", "memory://"):
        raise ValueError("A memory adapter takes no options: write memory://")
