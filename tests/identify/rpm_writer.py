"""Write an rpm database with a few headers."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Mapping, Sequence

TAGS = {"name": 1000, "version": 1001, "release": 1002, "supplier": 1011, "license": 1014, "arch": 1022, "source": 1044}


def header(values: Mapping[str, str]) -> bytes:
    data, rows = b"", b""
    for key, value in values.items():
        rows += struct.pack(">IIII", TAGS[key], 6, len(data), 1)
        data += value.encode() + b"\0"
    return struct.pack(">II", len(values), len(data)) + rows + data


def database(
    packages: Sequence[bytes], schema: str = "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)"
) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute(schema)
    for package in packages:
        connection.execute("INSERT INTO Packages (blob) VALUES (?)", (package,))
    connection.commit()
    return connection.serialize()
