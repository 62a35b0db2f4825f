"""The limits of a run: every one configurable, every hit is a problem with name and value."""

from __future__ import annotations

import msgspec

MIB = 1 << 20
GIB = 1 << 30


class Limits(msgspec.Struct, frozen=True, rename="kebab"):
    """Bounds on what one input may cost. Sizes in bytes, times in seconds."""

    input_size: int = 64 * GIB
    """Largest input that is mapped (never read whole)."""
    member_size: int = 512 * MIB
    """Largest decompressed member; members that are plain ranges of the mapping are not bounded by it."""
    total_size: int = 8 * GIB
    """Decompressed bytes of one input, all members together."""
    ratio: int = 250
    """Decompressed / compressed bytes, applied once a stream is past `ratio-floor`."""
    ratio_floor: int = 16 * MIB
    """Decompressed bytes of a stream from which on `ratio` holds."""
    depth: int = 10
    """Containers inside containers."""
    members: int = 200_000
    """Entries of one input, all containers together."""
    name_length: int = 4096
    """Bytes of one path inside a container."""
    wall: int = 60
    """Seconds per input, plus one per 16 MiB of it."""
    step: int = 60
    """Seconds for a single parser step (one artifact)."""
    memory: int = GIB
    """Anonymous memory of a worker (RLIMIT_DATA)."""
    document_size: int = 64 * MIB
    """Largest document (bill of materials, part list, report) that is parsed."""
    document_depth: int = 100
    """Values inside values of a document."""
    string_size: int = MIB
    """Longest string of a document."""
    components: int = 250_000
    """Components of one document."""
    expression_size: int = 16 * 1024
    """Bytes of one license expression of a document."""
    expression_depth: int = 64
    """Parentheses inside parentheses of a license expression."""
    worker_files: int = 64
    """Inputs after which a worker is replaced."""
