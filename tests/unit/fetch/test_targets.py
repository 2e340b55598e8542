"""Where a request goes. Spellings of addresses by the URL standard of the WHATWG, which browsers follow, and by
inet_aton, which C libraries follow.
"""

import pytest

from socialfeed.adapters.fetch.targets import Target, target
from socialfeed.domain.errors import FetchFailed


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://pictures.example", Target("http", "pictures.example", 80, "/")),
        ("HTTPS://Pictures.EXAMPLE./A?b=c#d", Target("https", "pictures.example", 443, "/A?b=c")),
        ("https://pictures.example:443/a%20b", Target("https", "pictures.example", 443, "/a%20b")),
        ("http://pictures.example:443/", Target("http", "pictures.example", 443, "/")),
        ("http://bücher.example/ü?ß", Target("http", "xn--bcher-kva.example", 80, "/%C3%BC?%C3%9F")),
        ("http://faß.example/", Target("http", "xn--fa-hia.example", 80, "/")),
        ("http://日本。example/", Target("http", "xn--wgv71a.example", 80, "/")),
        ("http://93.184.215.14/", Target("http", "93.184.215.14", 80, "/")),
        ("http://[2606:4700:0::1111]/", Target("http", "2606:4700::1111", 80, "/")),
        ("http://a_b.example/", Target("http", "a_b.example", 80, "/")),
    ],
)
def test_an_address_says_where_to_go(url: str, expected: Target) -> None:
    assert target(url) == expected


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://pictures.example/", "pictures.example"),
        ("https://pictures.example/", "pictures.example"),
        ("http://pictures.example:443/", "pictures.example:443"),
        ("http://[2606:4700::1111]/", "[2606:4700::1111]"),
        ("http://[2606:4700::1111]:443/", "[2606:4700::1111]:443"),
    ],
)
def test_the_host_is_named_as_http_wants_it(url: str, authority: str) -> None:
    assert target(url).authority == authority


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "017700000001", "0x7f000001", "0X7F000001", "0x7f.1", "127.1", "127.0.1", "0177.0.0.1"),
        *("0x7f.0.0.1", "127.0.0.01", "127.0.0.0x1", "127.0.0.1.", "127.0.0.1..", "1.2.3.4.5", "256.1.1.1", "0", "0x"),
        *("8.8.8.010", "8.8.2056", "134744072", "example.1", "example.0x7f", "example.0x"),
        *("１２７.０.０.１", "１２７。０。０。１", "８.８.８.８", "127｡0｡0｡1", "①②⑦.0.0.1", "𝟏𝟐𝟕.0.0.1", "٣.example.٣"),
    ],
)
def test_36_an_address_in_any_spelling_but_the_one_in_full_is_refused_before_it_is_looked_up(host: str) -> None:
    with pytest.raises(FetchFailed):
        target(f"http://{host}/")


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "localhost.", "LOCALHOST", "LocalHost.", "a.localhost", "ｌｏｃａｌｈｏｓｔ", "lo\u00adcalhost"),
        *(
            "printer.local",
            "db.internal",
            "metadata.google.internal",
            "nas.home.arpa",
            "abc.onion",
            "redis",
            "postgres.",
        ),
    ],
)
def test_36_names_of_our_own_network_are_refused_before_they_are_looked_up(host: str) -> None:
    with pytest.raises(FetchFailed):
        target(f"http://{host}/")


@pytest.mark.parametrize(
    "url",
    [
        *("", "pictures.example", "//pictures.example/", "/media/proxy/a/b", "javascript:alert(1)", "data:image/png,a"),
        *("ftp://pictures.example/", "file:///etc/passwd", "gopher://pictures.example/", "unix:///var/run/docker.sock"),
        *("http://user@pictures.example/", "http://user:word@pictures.example/", "http://@pictures.example/"),
        *(
            "http://127.0.0.1:22#@pictures.example/",
            "http://pictures.example\\@127.0.0.1/",
            "http://a.example\\.b.example/",
        ),
        *(
            "http://pictures.example:22/",
            "http://pictures.example:8080/",
            "http://pictures.example:0/",
            "http://a.b:x/",
        ),
        *("http://pictures.example:99999/", "http://%31%32%37.0.0.1/", "http://pictures%2eexample/", "http://a..b/"),
        *(
            "http://pictures.example\r\nX: y/",
            "http://pictures.example/a\r\nb",
            "http://pictures example/",
            "http://-a.b/",
        ),
        *(
            "http://[::1%25eth0]/",
            "http://[fe80::1%eth0]/",
            "http://[::1/",
            "http://::1/",
            "http://[v1.a]/",
            "http://[]/",
        ),
        *(
            "http://[127.0.0.1]/",
            "http://*.example/",
            "http://a.b,c.d/",
            "http://" + "a." * 130 + "b/",
            "http://a.\ud800/",
        ),
        *("http://" + "a" * 64 + ".example/", "http://xn--a.\u0301/", "http://pictures.example/" + "a" * 2_048),
    ],
)
def test_what_leads_elsewhere_than_to_a_web_server_is_refused(url: str) -> None:
    with pytest.raises(FetchFailed):
        target(url)


def test_what_is_not_ascii_in_a_path_is_encoded() -> None:
    assert target('http://pictures.example/ü"<>^`{}?ß=\u3000'.strip()).path == "/%C3%BC%22%3C%3E%5E%60%7B%7D?%C3%9F="
