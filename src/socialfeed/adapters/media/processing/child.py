"""The child process: `python -m socialfeed.adapters.media.processing.child ORDER`.

ORDER is JSON. The answer is one line of JSON: what was made, or the code of what is wrong with the file. A file that
kills this process kills nothing else.
"""

import json
import os
import resource
import sys
from contextlib import suppress
from typing import Any, BinaryIO, NamedTuple


class Limits(NamedTuple):
    """Bytes of address space and of one output file, and seconds of processor time."""

    memory: int
    file: int
    seconds: int


def confine(limits: Limits) -> None:
    """Before anything of the file is looked at. What a system does not know it leaves out."""
    for what, soft, hard in (
        (resource.RLIMIT_AS, limits.memory, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file, limits.file),
        (resource.RLIMIT_CPU, limits.seconds, limits.seconds + 5),  # told apart from what else may kill it
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_NOFILE, 64, 64),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (soft, hard))
    with suppress(OSError):
        os.nice(10)


def main(order: dict[str, Any]) -> dict[str, Any]:
    confine(Limits(*order["limits"]))
    # Imported under the limits, and the codecs only now: each order needs one kind.
    from socialfeed.adapters.media.processing.results import Broken
    from socialfeed.domain.media import Header

    header = Header(*order["header"])
    source = os.fdopen(order["source"], "rb")
    outputs: list[BinaryIO] = [os.fdopen(descriptor, "r+b") for descriptor in order["outputs"]]
    try:
        if header.content_type.startswith("video/"):
            from socialfeed.adapters.media.processing import videos

            made = videos.make_over(source, header, outputs)
        else:
            from socialfeed.adapters.media.processing import images

            made = images.make_over(source, header, outputs)
        for output in outputs:
            output.flush()
    except Broken as error:
        return {"broken": error.code, "reason": str(error)}
    except MemoryError:
        return {"broken": "MEDIA_BROKEN", "reason": "it takes too much memory"}
    return {"made": made._asdict()}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
