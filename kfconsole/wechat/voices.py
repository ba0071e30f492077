"""How long a voice recording plays, told by walking its frames; nothing is decoded. Pure."""

AMR_FRAME_SECONDS = 0.02
# Bytes of a frame behind its own first byte, by the four bits there that name its type.
_AMR_NARROW = (12, 13, 15, 17, 19, 20, 26, 31, 5, 6, 5, 5, 0, 0, 0, 0)
_AMR_WIDE = (17, 23, 32, 36, 40, 46, 50, 58, 60, 5, 0, 0, 0, 0, 0, 0)
_AMR_HEADS = ((b"#!AMR-WB\n", _AMR_WIDE), (b"#!AMR\n", _AMR_NARROW))

_TAG_BYTES = 10
_KBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBITS_LOW = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
"""Samples a second, by the bits that name the version of MPEG: 1, 2 and 2.5."""
_FEWEST_FRAMES = 3  # two bytes look like a frame by chance, three frames in a row do not


def voice_seconds(data: bytes) -> float | None:
    """Return how long an AMR or MP3 recording plays; None when that cannot be told."""
    for head, sizes in _AMR_HEADS:
        if data.startswith(head):
            return _amr_seconds(data, len(head), sizes)
    return _mp3_seconds(data)


def _amr_seconds(data: bytes, position: int, sizes: tuple[int, ...]) -> float:
    frames = 0
    while position < len(data):
        position += 1 + sizes[data[position] >> 3 & 0x0F]
        frames += 1
    return frames * AMR_FRAME_SECONDS


def _mp3_seconds(data: bytes) -> float | None:
    position, frames, seconds = _behind_tag(data), 0, 0.0
    while (frame := _mp3_frame(data, position)) is not None:
        byte_count, lasts_seconds = frame
        position += byte_count
        seconds += lasts_seconds
        frames += 1
    rest = data[position:]
    is_whole = not rest.strip(b"\0") or rest.startswith((b"TAG", b"APETAGEX", b"ID3"))
    return seconds if frames >= _FEWEST_FRAMES and is_whole else None


def _behind_tag(data: bytes) -> int:
    if not data.startswith(b"ID3") or len(data) < _TAG_BYTES:
        return 0
    size = 0
    for byte in data[6:_TAG_BYTES]:
        size = size << 7 | byte & 0x7F
    return _TAG_BYTES + size


def _mp3_frame(data: bytes, position: int) -> tuple[int, float] | None:
    """Return the size of the frame that begins here, in bytes, and how long it plays."""
    head = int.from_bytes(data[position : position + 4])
    version, layer = head >> 19 & 3, head >> 17 & 3
    kbits, rate, padding = head >> 12 & 15, head >> 10 & 3, head >> 9 & 1
    if head >> 21 != 0x7FF or layer != 1 or version not in _RATES or kbits in (0, 15) or rate == 3:
        return None
    samples, table = (1152, _KBITS) if version == 3 else (576, _KBITS_LOW)
    rate_hz = _RATES[version][rate]
    return samples // 8 * table[kbits] * 1000 // rate_hz + padding, samples / rate_hz
