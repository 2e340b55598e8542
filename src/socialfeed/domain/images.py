"""Images, told by their content."""

HEAD = 12
"""Bytes from the beginning that tell what an image is."""


def image_type(head: bytes) -> str | None:
    """The media type of JPEG, PNG, GIF or WebP, by their first bytes (WHATWG MIME Sniffing, 6.1); None for all else,
    SVG among it. Whatever the rest is, a browser that is told not to guess takes it for an image and runs nothing.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None
