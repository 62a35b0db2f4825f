"""One measurement a process: `python tasks.py NAME PATH` prints JSON; imports are not counted."""

import gc
import hashlib
import json
import sys
import time
from collections.abc import Iterator

from auditor.limits import Limits
from auditor.unpack import codec, walk
from auditor.unpack.view import Budget, View


def contents(path: str) -> Iterator[tuple[str, View]]:
    """Every artifact that has bytes, below the image itself."""
    import mmap

    with open(path, "rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    for artifact, view in walk(View(data), Budget(Limits(depth=1)), lambda fact: None):
        if view is not None and artifact.parent is not None:
            yield artifact.id, view


def tree(path: str) -> dict[str, float]:
    """CPU seconds to walk an image and hash every file, and to hash the same bytes alone."""
    held = [bytes(view.data) for _, view in contents(path)]
    total = sum(map(len, held))
    start = time.process_time()
    digests = [hashlib.sha256(one).hexdigest() for one in held]
    hashing = time.process_time() - start
    del held
    gc.collect()
    start = time.process_time()
    found = [digest for digest, _ in contents(path)]
    walking = time.process_time() - start
    assert found == digests
    return {"cpu": walking, "hash": hashing, "files": len(found), "bytes": total}


def decoding(path: str) -> dict[str, float]:
    """CPU seconds of a walk, and those of them inside the decompressor."""
    inside = [0.0]

    def timed(function):  # type: ignore[no-untyped-def]
        def call(data, limit):  # type: ignore[no-untyped-def]
            start = time.process_time()
            try:
                return function(data, limit)
            finally:
                inside[0] += time.process_time() - start

        return call

    table = codec.BLOCKS
    for name in list(table):
        table[name] = timed(table[name])
    start = time.process_time()
    for _ in contents(path):
        pass
    whole = time.process_time() - start
    assert inside[0] > 0
    return {"cpu": whole, "decode": inside[0]}


if __name__ == "__main__":
    print(json.dumps({"tree": tree, "decoding": decoding}[sys.argv[1]](sys.argv[2])))
