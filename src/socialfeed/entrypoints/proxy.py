"""`GET /media/proxy/<signature>/<address>`: somebody else's image, through us. Nothing of the request goes along."""

import asyncio

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from socialfeed.application.ports.fetch import FetchedImage
from socialfeed.application.services import Services
from socialfeed.domain.errors import FetchFailed, SocialFeedError
from socialfeed.entrypoints.requests import client_of
from socialfeed.entrypoints.rest.problems import refusal

PREFIX = "/media/proxy/"

POLICY = "default-src 'none'; sandbox"

SECONDS = 60
"""For one image, however slowly its reader takes it: a reader who waits holds a place."""


class ImageProxyEndpoint:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An image that breaks off is an answer that breaks off: whoever reads it, or keeps it, sees that it is not
        whole.
        """
        request = Request(scope, receive)
        services: Services = request.state.services
        has_begun = False
        try:
            async with services.images.open(client_of(request), request.path_params["path"]) as image:
                has_begun = True
                async with asyncio.timeout(SECONDS):
                    await _send(image, send)
        except TimeoutError:
            return
        except SocialFeedError as error:
            if not has_begun:
                await refusal(error, request.state.request_id)(scope, receive, send)
            elif not isinstance(error, FetchFailed):
                raise


async def _send(image: FetchedImage, send: Send) -> None:
    headers = {
        "Content-Type": image.media_type,
        "Content-Disposition": "inline",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "public, max-age=86400",
    }
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    async for chunk in image.chunks:
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
