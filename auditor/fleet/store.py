"""The store: a folder or an object store with one Parquet file per table and image.

An image counts once its file in `images` is there, which is written last: who reads in between, or after a
run was killed, sees the image as it was before. Files appear whole: a temporary name and a rename in a folder,
one upload in an object store. Names are digests, so that no name of an input reaches a file system.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from auditor.fleet import Refused
from auditor.fleet.rows import AUDITED, INCOMPLETE, PER_IMAGE, Row, schema
from auditor.fleet.sources import is_address, opened, reason, shown

WHOLE = ("s3", "gs", "az", "abfs")
"""Object stores: an upload is there whole or not at all."""
LARGEST = 1 << 20
"""Bytes of a file with the row of an image; a larger one is not ours."""


class Unwritten(Exception):
    """A file of the store that could not be written this time."""


class Known(NamedTuple):
    """What the store says of an image."""

    stamp: str
    state: str


class Store:
    """Where the rows of a fleet are. Raises Refused (2) for an address whose files do not appear whole."""

    def __init__(self, place: str) -> None:
        self.remote = is_address(place)
        if self.remote and place.partition(":")[0] not in WHOLE:
            raise Refused(2, f"{shown(place)} cannot be a store: give a folder or {', '.join(WHOLE)}")
        self.shown = shown(place)
        self.system: Any = None
        self.root = os.path.abspath(place)
        if self.remote:
            self.system, root = opened(place)
            self.root = root.rstrip("/")

    def prepare(self) -> None:
        """Make the folders; objects need none, and a bucket is made by who owns it. Raises Refused (7)."""
        try:
            for table in ("images", "sources", *PER_IMAGE) if not self.remote else ():
                Path(self.root, table).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Refused(7, f"the store {self.shown} cannot be made: {reason(error)}") from None

    def known(self, image: str) -> Known | None:
        """Return what the store says of an image; None when it says nothing that can be read."""
        import pyarrow.parquet

        try:
            data = self._read(f"images/{image}.parquet")
            table = pyarrow.parquet.read_table(io.BytesIO(data), columns=["image", "stamp", "state"])
            (row,) = table.to_pylist()
        except Exception:  # not there, not ours, not to be had: the image is done again
            return None
        return Known(str(row["stamp"]), str(row["state"])) if row["image"] == image else None

    def done(self, image: str, stamp: str, again: bool = False) -> bool:
        """Tell whether an image was audited under this stamp; with `again`, whether it was audited whole."""
        one = self.known(image)
        return one is not None and one.stamp == stamp and one.state in ({AUDITED} if again else {AUDITED, INCOMPLETE})

    def put(self, image: str, stamp: str, rows: dict[str, list[Row]]) -> None:
        """Write the rows of an image; those of another stamp go afterwards. Raises Unwritten."""
        before = self.known(image)
        for table in PER_IMAGE:
            self._write(f"{table}/{image}-{stamp}.parquet", table, rows[table])
        self._write(f"images/{image}.parquet", "images", rows["images"])
        if before is not None and before.stamp != stamp:
            for table in PER_IMAGE:
                self._remove(f"{table}/{image}-{before.stamp}.parquet")

    def place(self, source: str, image: str, size: int | None) -> None:
        """Write where an image was seen; the row of a source that could not be read before goes."""
        name = identity(source)
        self._write(f"sources/{name}.parquet", "sources", [{"source": source, "image": image, "size": size}])
        if image != name and self.known(name) is not None:
            self._remove(f"images/{name}.parquet")

    def _write(self, name: str, table: str, rows: list[Row]) -> None:
        import pyarrow
        import pyarrow.parquet

        sink = io.BytesIO()
        content = pyarrow.Table.from_pylist(rows, schema=schema(table))
        pyarrow.parquet.write_table(content, sink, compression="zstd")
        try:
            if self.remote:
                self.system.pipe_file(f"{self.root}/{name}", sink.getvalue())
            else:
                _replace(Path(self.root, name), sink.getvalue())
        except Exception as error:  # each file system has its own
            raise Unwritten(f"the store {self.shown} cannot be written: {reason(error)}") from None

    def _read(self, name: str) -> bytes:
        if self.remote:
            self.system.invalidate_cache()
            data: bytes = self.system.cat_file(f"{self.root}/{name}", start=0, end=LARGEST)
            return data
        with open(Path(self.root, name), "rb") as file:
            return file.read(LARGEST)

    def _remove(self, name: str) -> None:
        with contextlib.suppress(Exception):  # what stays is not read: its stamp is not the image's
            if self.remote:
                self.system.rm_file(f"{self.root}/{name}")
            else:
                Path(self.root, name).unlink()


def identity(source: str) -> str:
    """Return the name of a source's file, which is also the image id of a source that cannot be read."""
    return hashlib.sha256(f"source\0{source}".encode("utf-8", "backslashreplace")).hexdigest()


def _replace(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
