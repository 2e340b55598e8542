"""How adapters are found and opened.

A package offers adapters through the entry-point group `socialfeed.adapters`. An entry point is named
`<kind>.<scheme>`, where kind is `database`, `redis`, `broker`, `mail`, `media` or `ranker` and scheme that of the URLs
it serves, and refers to a factory `open(url, context)` that returns an asynchronous context manager yielding the port:

| kind     | setting                   | yields        |
|----------|---------------------------|---------------|
| database | `SOCIALFEED_DATABASE_URL` | `Storage`     |
| redis    | `SOCIALFEED_REDIS_URL`    | `SharedStore` |
| broker   | `SOCIALFEED_BROKER_URL`   | `Jobs`        |
| mail     | `SOCIALFEED_MAIL_URL`     | `Mailer`      |
| media    | `SOCIALFEED_MEDIA_URL`    | `MediaStore`  |
| ranker   | `SOCIALFEED_RANKER_URL`   | `Ranker`      |

Opening raises `ValueError` for a URL that makes no sense and `Unavailable` when the server does not answer; both
carry one line that names what is wrong, without passwords.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from socialfeed.application.ports.clock import Clock
from socialfeed.application.ports.jobs import JobTable
from socialfeed.domain.scores import DEFAULT

GROUP = "socialfeed.adapters"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AdapterContext:
    """What every factory gets. `data_dir` exists and belongs to this product; `jobs` is for brokers, `ranking` the
    formula of `SOCIALFEED_RANKING` for rankers.
    """

    clock: Clock
    data_dir: Path
    mail_from: str = "socialfeed <no-reply@localhost>"
    jobs: JobTable = field(default_factory=dict)
    ranking: str = DEFAULT


Factory = Callable[[str, AdapterContext], AbstractAsyncContextManager[T]]
