"""The streams of an OLE compound file: what Office keeps XLS and DOC files, and protected ones, in."""

from __future__ import annotations

import struct

_END = 0xFFFFFFFE
_STREAM, _ROOT = 2, 5


class OleError(Exception):
    """A compound file is damaged."""


class Ole:
    """A compound file; `names` are those of its streams, wherever they stand in it."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        try:
            self._read_header()
            self._entries = self._directory()
        except struct.error as error:
            raise OleError from error

    @property
    def names(self) -> frozenset[str]:
        """The names of the streams."""
        return frozenset(name for name, (kind, _, _) in self._entries.items() if kind == _STREAM)

    def stream(self, name: str) -> bytes:
        """The bytes of a stream; `OleError` where some are missing."""
        _, first, size = self._entries[name]
        if size >= self._cutoff:
            content = self._chained(first)
        else:
            small = self._chained(next(f for kind, f, _ in self._entries.values() if kind == _ROOT))
            table = _numbers(self._chained(self._small_table)) if self._small_table < _END else ()
            content = b"".join(small[i * 64 : i * 64 + 64] for i in _chain(first, table))
        if len(content) < size:
            raise OleError
        return content[:size]

    def _read_header(self) -> None:
        head = self._content
        (shift,) = struct.unpack_from("<H", head, 30)
        if shift not in (9, 12):
            raise OleError
        self._size = 1 << shift
        tables, self._first = struct.unpack_from("<II", head, 44)
        self._cutoff, self._small_table = struct.unpack_from("<II", head, 56)
        (further,) = struct.unpack_from("<I", head, 68)
        listed = list(struct.unpack_from("<109I", head, 76))
        seen = set()
        while further < _END and further not in seen:
            seen.add(further)
            *numbers, further = _numbers(self._sector(further))
            listed += numbers
        listed = [number for number in listed if number < _END][:tables]
        self._table = tuple(following for number in listed for following in _numbers(self._sector(number)))

    def _directory(self) -> dict[str, tuple[int, int, int]]:
        entries: dict[str, tuple[int, int, int]] = {}
        listing = self._chained(self._first)
        for at in range(0, len(listing) - 127, 128):
            length, kind = struct.unpack_from("<HB", listing, at + 64)
            first, size = struct.unpack_from("<II", listing, at + 116)
            name = listing[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
            if kind in (_STREAM, _ROOT):
                entries.setdefault(name, (kind, first, size))
        if not any(kind == _ROOT for kind, _, _ in entries.values()):
            raise OleError
        return entries

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self._size
        if start >= len(self._content):
            raise OleError
        # The last sector may be cut where its stream ends.
        return self._content[start : start + self._size]

    def _chained(self, first: int) -> bytes:
        return b"".join(self._sector(number) for number in _chain(first, self._table))


def _chain(first: int, table: tuple[int, ...]) -> list[int]:
    """The numbers of the sectors from `first` on; `OleError` where they lead nowhere or in a circle."""
    chain: list[int] = []
    number = first
    while number != _END:
        if number >= len(table) or len(chain) > len(table):
            raise OleError
        chain.append(number)
        number = table[number]
    return chain


def _numbers(sectors: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(sectors) // 4}I", sectors[: len(sectors) // 4 * 4])
