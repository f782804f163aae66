"""Reads and rewrites the directories of a TIFF, so that tags can say what no writer would let them say."""

import struct

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
FORMATS = {1: "B", 2: "s", 3: "H", 4: "I", 12: "d", 16: "Q"}


class TiffDirectory:
    """The first directory of a TIFF file: tag -> (type, count, raw bytes in the file's byte order)."""

    def __init__(self, data: bytes):
        self.data = data
        self.order = "<" if data[:2] == b"II" else ">"
        self.big = struct.unpack(self.order + "H", data[2:4])[0] == 43
        start = self._unpack("Q", 8) if self.big else self._unpack("I", 4)
        count = self._unpack("Q", start) if self.big else self._unpack("H", start)
        entry, size, inline = (start + 8, 20, 8) if self.big else (start + 2, 12, 4)
        self.tags = {}
        for _ in range(count):
            tag, kind = self._unpack("H", entry), self._unpack("H", entry + 2)
            n = self._unpack("Q", entry + 4) if self.big else self._unpack("I", entry + 4)
            length = n * SIZES[kind]
            at = entry + size - inline
            if length > inline:
                at = self._unpack("Q", at) if self.big else self._unpack("I", at)
            self.tags[tag] = (kind, n, data[at : at + length])
            entry += size
        self.next = data[entry : entry + inline]

    def _unpack(self, code, at):
        return struct.unpack_from(self.order + code, self.data, at)[0]

    def values(self, tag):
        kind, n, raw = self.tags[tag]
        return struct.unpack(f"{self.order}{n}{FORMATS[kind]}", raw)

    def set(self, tag, kind, values):
        """Bytes for ASCII (type 2), else a list of numbers."""
        raw = values if kind == 2 else struct.pack(f"{self.order}{len(values)}{FORMATS[kind]}", *values)
        self.tags[tag] = (kind, len(values), raw)

    def write_at(self, start: int) -> tuple[bytes, int]:
        """What follows the file's own bytes (`data`), these lying at `start`, and where the directory then is."""
        out = bytearray(self.data)
        out += b"\0" * (-len(out) % 8)
        inline, wide = (8, "Q") if self.big else (4, "I")
        entries = []
        for tag, (kind, n, raw) in sorted(self.tags.items()):
            if len(raw) > inline:
                field = struct.pack(self.order + wide, start + len(out))
                out += raw + b"\0" * (-len(raw) % 8)
            else:
                field = raw.ljust(inline, b"\0")
            entries.append(struct.pack(f"{self.order}HH{wide}", tag, kind, n) + field)
        at = len(out)
        out += struct.pack(self.order + ("Q" if self.big else "H"), len(entries)) + b"".join(entries) + self.next
        return bytes(out), start + at

    def write(self) -> bytes:
        """The file with its first directory at the end, its pixels where they were."""
        content, at = self.write_at(0)
        out = bytearray(content)
        struct.pack_into(self.order + ("Q" if self.big else "I"), out, 8 if self.big else 4, at)
        return bytes(out)
