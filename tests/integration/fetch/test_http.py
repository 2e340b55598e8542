"""Images over HTTP, from a server that is anything but kind."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from socialfeed.application.ports.fetch import MAX_BYTES
from socialfeed.domain.errors import FetchFailed, FetchTimedOut
from socialfeed.testing.contracts.fetch import PNG, Elsewhere, FetcherContract, fetched
from tests.integration.fetch.web import PUBLIC, Address, Names, Web, answer, open_web

URL = "http://pictures.example/a"


class TestHttpFetcher(FetcherContract):
    @pytest.fixture
    def elsewhere(self, web: Web) -> Elsewhere:
        return web


def says(web: Web, whole: bytes) -> None:
    web.public.answers["pictures.example", "/a"] = whole


async def test_a_request_says_what_is_wanted_and_by_whom_and_nothing_else(web: Web) -> None:
    web.put(URL, PNG)
    await fetched(web.fetcher, URL)

    [head] = web.public.heads
    assert head.split("\r\n") == [
        "GET /a HTTP/1.1",
        "Host: pictures.example",
        "Accept: image/webp,image/png,image/jpeg,image/gif",
        "Accept-Encoding: identity",
        "Connection: close",
        "User-Agent: socialfeed image proxy",
        "",
        "",
    ]


async def test_cookies_are_not_kept_from_one_request_to_the_next(web: Web) -> None:
    says(web, answer(status=302, location="/b", set_cookie="a=b; Path=/"))
    web.public.answers["pictures.example", "/b"] = answer(PNG, set_cookie="c=d")
    for _ in range(2):
        await fetched(web.fetcher, URL)

    assert len(web.public.heads) == 4
    assert not [head for head in web.public.heads if "cookie" in head.lower()]


@pytest.mark.parametrize(
    "media_type", ["text/html", "image/svg+xml", "application/javascript", "", "image/png; a=\xff"]
)
async def test_what_a_server_calls_its_content_counts_for_nothing(web: Web, media_type: str) -> None:
    says(web, answer(PNG, content_type=media_type))
    assert await fetched(web.fetcher, URL) == ("image/png", PNG)


async def test_content_in_chunks_arrives(web: Web) -> None:
    says(web, answer(PNG, chunked=True))
    assert await fetched(web.fetcher, URL) == ("image/png", PNG)


@pytest.mark.parametrize(
    "whole",
    [
        *(answer(PNG, status=status) for status in (201, 204, 206, 300, 304, 400, 401, 403, 404, 500, 503)),
        answer(PNG, content_encoding="gzip"),
        answer(PNG, content_encoding="identity, br"),
        answer(PNG, content_length=str(MAX_BYTES + 1)),
        answer(PNG, content_length="9" * 5_000),
        answer(PNG, content_length="-1"),
        answer(PNG, content_length="many"),
        answer(PNG, a="b" * 200_000),
        answer(PNG).replace(b"HTTP/1.1 200", b"HTTP/9 200"),
        answer(status=302, location="/b\x00"),
        answer(status=302),
        answer(PNG, content_length="1000"),
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"220 mail.example ESMTP\r\n",
        b"",
        b"\x00" * 1_000,
        b"HTTP/1.1 200 As asked\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 As asked\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n\x89PNG\r",
    ],
)
async def test_whatever_else_a_server_says_is_one_and_the_same_failure(web: Web, whole: bytes) -> None:
    says(web, whole)
    with pytest.raises(FetchFailed) as failed:
        await fetched(web.fetcher, URL)

    assert failed.value.code == "FETCH_FAILED"
    assert str(failed.value) == FetchFailed.message


async def test_a_content_of_no_length_is_cut_off_where_an_image_ends(web: Web) -> None:
    says(web, b"HTTP/1.1 200 As asked\r\n\r\n" + PNG + b"x" * MAX_BYTES)
    read = 0

    async def reading() -> None:
        nonlocal read
        async with web.fetcher.image(URL) as image:
            async for chunk in image.chunks:
                read += len(chunk)

    with pytest.raises(FetchFailed):
        await reading()
    assert read <= MAX_BYTES


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200 As asked\r\n", answer(PNG[:4], content_length="1000"), answer(PNG, content_length="1000")],
)
async def test_a_server_that_says_nothing_more_is_not_waited_for(web: Web, said: bytes) -> None:
    """Before the head is whole, before the content tells what it is, and in the middle of it."""
    web.public.stalls = True
    says(web, said)
    with pytest.raises(FetchTimedOut):
        await fetched(web.fetching(seconds=0.2), URL)


async def test_a_name_server_that_says_nothing_is_not_waited_for(web: Web) -> None:
    class Silent(Names):
        async def __call__(self, _: str) -> list[Address]:
            await web.public.over.wait()
            return []

    with pytest.raises(FetchTimedOut):
        await fetched(web.fetching(Silent(), seconds=0.05), URL)


class Tls:
    """A server with a certificate for one name, and who trusts it."""

    def __init__(self, folder: Path, name: str) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        file = folder / "certificate.pem"
        file.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.server.load_cert_chain(file)
        self.client = ssl.create_default_context(cafile=file)


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    return Tls(tmp_path, "pictures.example")


@pytest.fixture
async def secure(tls: Tls) -> AsyncIterator[Web]:
    async with open_web(tls.server) as web:
        yield web


async def test_over_tls_the_name_is_asked_for_and_proven_though_the_address_is_connected_to(
    secure: Web, tls: Tls
) -> None:
    secure.put("https://pictures.example/a", PNG)

    assert await fetched(secure.fetching(trust=tls.client), "https://pictures.example/a") == ("image/png", PNG)

    assert secure.wires.opened == [(PUBLIC, 443)]
    assert secure.public.names == ["pictures.example"]


async def test_a_certificate_of_another_name_or_of_nobody_known_is_refused(secure: Web, tls: Tls) -> None:
    for fetcher, url in (
        (secure.fetching(trust=tls.client), "https://other.example/a"),
        (secure.fetching(), "https://pictures.example/a"),
    ):
        with pytest.raises(FetchFailed):
            await fetched(fetcher, url)

    assert secure.public.heads == []
