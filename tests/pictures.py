"""Pictures as small as they can be, that are nevertheless what they say."""

import struct


def jpeg(width: int = 640, height: int = 640, *, byte_count: int = 0, frame: int = 0xC0) -> bytes:
    """Return a JPEG that says how large its picture is.

    Args:
        width: In points.
        height: In points.
        byte_count: How long the file is to be, at least.
        frame: The marker of its frame: baseline, or progressive.
    """
    head = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    size = struct.pack(">BBHBHHB3B", 0xFF, frame, 11, 8, height, width, 1, 1, 0x11, 0)
    return (head + size + b"\xff\xda").ljust(byte_count - 2, b"\0") + b"\xff\xd9"
