"""Requests with something wrong: with their bytes, their media types, their headers, their forms."""

import gzip
import zlib
from urllib.parse import quote_from_bytes, urlencode

from hypothesis import strategies as st

from tests.integration.fuzz.values import TEXTS, wild, written
from tests.integration.fuzz.wire import Sent

JSON = (b"content-type", b"application/json")
PREFLIGHT = (b"graphql-preflight", b"1")
ASK = (
    b'{"query": "query A($n: Int = 3, $s: String) { userFeed(itemsPerPage: $n) { totalItems } user(username: $s)'
    b' { id } }", "variables": {"s": "ada"}}'
)

WORDS = [
    *b'{"query": "variables": "operationName": "extensions": "documentId": "sha256: { } [ ] , : " # // \\u'.split(),
    *b'null true NaN Infinity 1e999 -0 "\\ud800" "\\u0000" "query" "{me{id}}" query($a:Int'.split(),
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf"),
    *(b"9" * 400, b"[" * 2_000, b'{"a":' * 2_000, b"\xf0\x9f", b"fragment F on Query { ...F }"),
]

MEDIA_TYPES = b"""\
application/json
application/json; charset=utf-8
application/json; charset=utf-16
application/json;
APPLICATION/JSON; a=b; c
application/json, text/html
application/graphql
application/x-www-form-urlencoded
multipart/form-data
multipart/form-data; boundary=
text/plain
;
\xff

""".splitlines()

ENCODINGS = [None, None, b"gzip", b"deflate", b"br", b"zstd", b"identity", b"gzip, gzip", b"\x00", b"gzip;q=1"]

HEADERS = b"""\
accept accept-encoding accept-language authorization content-encoding content-length content-type cookie expect
forwarded graphql-preflight host if-modified-since if-none-match if-range origin range referer sec-fetch-site te
traceparent transfer-encoding upgrade user-agent x-forwarded-for x-http-method-override x-request-id x-\xff
""".split()

ODD = [
    *(text.encode("utf-8", "surrogatepass").translate(None, b"\r\n") for text in TEXTS),
    *b"""\
\xb2
-1
+5
1_000
 7
0x1f
1e3
*/*;q=nan
application/graphql-response+json;q=1e999, */*;q=-1
application/json;q=0.0000000001
,,,;;;==
Bearer
Bearer \xff
Bearer a b
Bearer eyJhbGciOiJub25lIn0.e30.
Basic Og==
10.0.0.1, ::1, unknown, [::1]:5, 1.2.3.4:99999
for="[::1]";proto=https
fe80::1%eth0
::ffff:1.2.3.4
http://a b
00-00000000000000000000000000000000-0000000000000000-01
bytes=0-99999999999999999999,-5
W/"x", *
de;q=\xd9\xa1""".split(b"\n"),
    *(b"9" * 5_000, b"bearer " + b"a.b.c" * 99, b"multipart/form-data; boundary=" + b"b" * 80),
]
"""Values of headers; a server hands over none with a line break or NUL in it."""

METHODS = ["GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"]

PATHS = b"""\
/graphql /graphql/ / /explorer/index.html /api/users/me /api/openapi.json /api/auth/token /api/media /media/a/b.webp
/media/\xff /media/..%2f /media/proxy/x /metrics /health/ready /.well-known/jwks.json /api/users/\x00 // /\xe2\x80\xae
""".split()

odd = st.sampled_from(ODD) | st.binary(max_size=30).map(lambda value: value.translate(None, b"\r\n\x00"))
pieces = st.lists(st.sampled_from(WORDS) | st.binary(max_size=12), max_size=12).map(b"".join)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Of requests as they should be, but for what was done to them."""
    match draw(st.integers(0, 4)):
        case 0:
            return draw(pieces)
        case 1:
            at, length = draw(st.integers(0, len(ASK))), draw(st.integers(0, 20))
            return ASK[:at] + draw(pieces) + ASK[at + length :]
        case 2:
            names = st.sampled_from(["query", "variables", "operationName", "extensions", "documentId", "id"])
            pairs = draw(st.lists(st.tuples(names, wild | st.just("{ me { id } }")), max_size=6))
            return b"{" + b",".join(written(name) + b":" + written(value) for name, value in pairs) + b"}"
        case 3:
            return written({"query": "{ me { id } }", "variables": draw(wild), "extensions": draw(wild)})
    return ASK.decode().encode(draw(st.sampled_from(["utf-16", "utf-32", "utf-8-sig", "utf-7", "cp037"])))


def _packed(body: bytes) -> st.SearchStrategy[bytes]:
    packed = gzip.compress(body, mtime=0)
    return st.sampled_from([body, body, packed, packed[:-5], zlib.compress(body)])


@st.composite
def posts(draw: st.DrawFn) -> Sent:
    """Any body in any media type, in two pieces, and maybe not all of it."""
    body = draw(st.just(ASK) | bodies().flatmap(_packed))
    cut = draw(st.integers(0, len(body)))
    headers = [(b"content-type", draw(st.just(JSON[1]) | st.sampled_from(MEDIA_TYPES)))]
    if draw(st.booleans()):
        headers.append(PREFLIGHT)
    if encoding := draw(st.sampled_from(ENCODINGS)):
        headers.append((b"content-encoding", encoding))
    return Sent([body[:cut], body[cut:]], headers, breaks_off=draw(st.integers(0, 9)) == 0)


queries = st.lists(
    st.tuples(
        st.sampled_from(["query", "variables", "operationName", "extensions", "documentId", "width", "first", "s"]),
        st.sampled_from(["{ me { id } }", "{", "mutation { logout { success } }", "[]", '{"a":1}', "null", "7"])
        | wild.map(lambda value: written(value).decode()),
    ),
    max_size=5,
).map(lambda pairs: urlencode(pairs).encode()) | st.binary(max_size=40).map(
    lambda query: quote_from_bytes(query, safe="%&=+;").encode()
)


@st.composite
def heads(draw: st.DrawFn) -> Sent:
    """Any method, path, query and headers, one of them maybe twice."""
    return Sent(
        [draw(st.sampled_from([ASK, b"", b"{"]))],
        draw(st.lists(st.tuples(st.sampled_from(HEADERS), odd), max_size=6)),
        draw(st.sampled_from(METHODS)),
        draw(st.sampled_from(PATHS)),
        draw(queries),
    )


UPLOAD = written(
    {
        "query": "mutation ($f: Upload!) { uploadMedia(file: $f) { success errors { code } } }",
        "variables": {"f": None},
    }
)


@st.composite
def forms(draw: st.DrawFn) -> Sent:
    """An upload in which one thing is wrong: its boundary, a part, the order of parts, its end, or any byte."""
    boundary, end = b"boundary", b"--"
    parts = [
        (b'name="operations"', UPLOAD),
        (b'name="map"', b'{"0": ["variables.f"]}'),
        (b'name="0"; filename="a.png"', draw(st.just(b"\x89PNG\r\n\x1a\n") | st.binary(max_size=60))),
    ]
    at = draw(st.integers(0, 2))
    fault = draw(st.integers(0, 7))
    match fault:
        case 0:
            boundary = draw(st.sampled_from([b"b" * 71, b"-- ", b"\xff", b"b;a=c", b'"b"', b""]))
        case 1:
            parts[at] = (parts[at][0], draw(wild.map(written) | bodies() | pieces))
        case 2:
            odd_name = draw(
                st.sampled_from([b"name=", b"filename=x", b"name=\"\xff\"; filename*=utf-8''%ff", b"name", b""])
            )
            parts[at] = (odd_name, parts[at][1])
        case 3:
            parts = draw(st.lists(st.sampled_from(parts), max_size=9))
        case 4:
            end = draw(st.sampled_from([b"", b"\r\n", b"--\r\ntrailer", b"-"]))
    body = b"".join(
        b"--" + boundary + b"\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + content + b"\r\n"
        for head, content in parts
    )
    body += b"--" + boundary + end
    if fault == 5:
        cut = draw(st.integers(0, len(body)))
        body = body[:cut] + draw(st.binary(max_size=6)) + body[cut + draw(st.integers(0, 8)) :]
    headers = [(b"content-type", b"multipart/form-data; boundary=" + boundary), PREFLIGHT]
    return Sent([body], headers, breaks_off=fault == 6)
