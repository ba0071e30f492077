"""Files for messages: looked at before they are sent, and not uploaded again while WeChat still has them."""

import asyncio
from collections.abc import Awaitable, Callable
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from kfconsole.content import Content
from kfconsole.desk.clock import ServerClock
from kfconsole.desk.store import Store
from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.model import CustomerId, Delivery, Media, MediaKind
from kfconsole.wechat import outgoing
from kfconsole.wechat.filetypes import DOUBTFUL_IMAGE_BYTES, MEDIA, shown
from kfconsole.wechat.filetypes import size_words as size_words

if TYPE_CHECKING:
    from kfconsole.wechat.upload import Examined, OnProgress

KEPT_SECONDS = 3 * 86_400.0
SPARE_SECONDS = 3_600.0  # a message may wait before it leaves
MOST_USES = 10  # a note of WeChat's: one upload goes into so many messages

Upload = Callable[[MediaKind, Path, "OnProgress | None"], Awaitable[Media]]


class _Kept(Struct):
    """An upload of this run, and how many messages it went into."""

    media: Media
    uses: int = 1


def examine(kind: MediaKind, file: Path) -> "Examined":
    """Look whether WeChat takes a file; reads the disk, so do it in a thread.

    Raises:
        NotPossible: It does not, or the file cannot be read.
    """
    from kfconsole.wechat.upload import examine as examine_file

    return examine_file(file, MEDIA[kind])


def described(kind: MediaKind, file: Path) -> str:
    """Say what a file is that WeChat takes; as `examine`."""
    try:
        found = examine(kind, file)
    except NotPossible as error:
        raise by_name(error, file) from None
    said = f"{found.type.ending.upper()} {size_words(found.byte_count)}"
    if found.seconds is not None:
        said = " ".join((said, _("{count} s").format(count=ceil(found.seconds))))
    if kind is MediaKind.IMAGE and found.byte_count > DOUBTFUL_IMAGE_BYTES:
        return _("{what}; WeChat may refuse pictures over {size}").format(
            what=said, size=size_words(DOUBTFUL_IMAGE_BYTES)
        )
    return _("{what}, can be sent").format(what=said)


def by_name(error: NotPossible, file: Path) -> NotPossible:
    """Name the file in an error by its name alone, for where its path is seen anyway."""
    return NotPossible(error.message.replace(shown(file), shown(Path(file.name))), hint=error.hint)


def types(kind: MediaKind) -> tuple[str, ...]:
    """Return which files WeChat takes, by the usual endings of their names."""
    return tuple(one.ending for one in MEDIA[kind].types)


def check_content(content: Content) -> None:
    """Refuse what the client would refuse to write down.

    Raises:
        NotPossible: Something that has to be in it is empty.
    """
    outgoing.message(CustomerId(""), content, None, is_ai=False)


class Uploads:
    """What this run uploaded, by what the files held: their names and places may change."""

    def __init__(self, upload: Upload, store: Store, clock: ServerClock) -> None:
        self._upload = upload
        self._store = store
        self._clock = clock
        self._kept: dict[tuple[MediaKind, str], _Kept] = {}

    async def media_of(self, kind: MediaKind, file: Path, on_progress: "OnProgress | None" = None) -> Media:
        """Return a file as messages can name it, uploaded now or within the last days.

        Raises:
            NotPossible: The file is certain to be refused, cannot be read, or changed while it was sent.
            ApiError: It was not taken, or that could not be learned.
        """
        from kfconsole.wechat.upload import fingerprint

        found = kind, await asyncio.to_thread(fingerprint, file)
        kept = self._kept.get(found)
        if kept is not None and self._is_good(kept):
            kept.uses += 1
            return kept.media
        media = await self._upload(kind, file, on_progress)
        if await asyncio.to_thread(fingerprint, file) == found[1]:  # else what was sent may have been something else
            self._kept[found] = _Kept(media)
        return media

    def _is_good(self, kept: _Kept) -> bool:
        is_alive = self._clock.now() < kept.media.created_at + KEPT_SECONDS - SPARE_SECONDS
        return is_alive and kept.uses < MOST_USES and not self._was_refused(kept.media.media_id)

    def _was_refused(self, media_id: str) -> bool:
        """Whether a message on screen with it was refused, for whatever reason: then a new upload is the safe one."""
        opened = self._store.desk.open
        return opened is not None and any(
            message.delivery is Delivery.REFUSED
            and media_id in (getattr(message.content, "media_id", ""), getattr(message.content, "cover_media_id", ""))
            for message in opened.messages
        )
