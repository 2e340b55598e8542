import cProfile
from itertools import count

import pytest
from bench.serving.profile import room, shares


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("/work/src/socialfeed/application/feeds/service.py", "socialfeed/application/feeds"),
        ("/work/src/socialfeed/settings.py", "socialfeed/settings"),
        ("/home/socialfeed/src/socialfeed/adapters/sql/rows/posts.py", "socialfeed/adapters/sql"),
        ("/venv/lib/python3.11/site-packages/psycopg/_conninfo.py", "psycopg"),
        ("/venv/lib/python3.11/site-packages/six.py", "six"),
        ("/usr/lib/python3.11/asyncio/events.py", "asyncio"),
        ("/usr/lib/python3.11/enum.py", "standard library"),
        ("~", "built in"),
    ],
)
def test_time_is_told_by_room(file: str, name: str) -> None:
    assert room(file) == name


def test_what_is_built_in_counts_where_it_is_called() -> None:
    ticks = count()
    other = compile("def of(them):\n    return sorted(them)\nof([2, 1])", "/venv/site-packages/other/it.py", "exec")
    profiler = cProfile.Profile(lambda: next(ticks))
    profiler.enable()
    exec(other)
    profiler.disable()

    assert shares(profiler) == [("other", 1)]
