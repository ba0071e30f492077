"""Files for messages (material)."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from kfconsole.i18n import _
from kfconsole.model import Download, Media, MediaKind
from kfconsole.wechat.call import Call
from kfconsole.wechat.calls.base import Calls
from kfconsole.wechat.checks import check_filled

if TYPE_CHECKING:
    from kfconsole.wechat.upload import OnProgress


class MediaCalls(Calls):
    """Takes files to WeChat and fetches them."""

    async def upload_media(self, kind: MediaKind, file: Path, on_progress: "OnProgress | None" = None) -> Media:
        """Upload a file that messages can then name; WeChat keeps it for 3 days.

        POST /cgi-bin/media/upload, multipart. Pictures (png, jpg, gif) and videos (mp4) at most 10 MB, voice (amr, mp3)
        2 MB and 60 s, covers (jpg) 64 KB; `created_at` in Unix seconds. 100,000 uploads a day for most accounts.
        Errors: 40004 (kind), 40005 and 40113 (type), 40006, 40009 and 45001 (size), 40137, 41005 (no file arrived).
        Observed: for covers old answers hold `thumb_media_id` in place of `media_id`.

        Source: mediaUpload

        Raises:
            NotPossible: The file is certain to be refused, cannot be read, or changed while it was sent.
        """
        from kfconsole.wechat.filetypes import MEDIA
        from kfconsole.wechat.upload import Upload

        upload = await asyncio.to_thread(Upload, file, MEDIA[kind], on_progress)
        call = Call("POST", "/cgi-bin/media/upload", params={"type": kind.value}, upload=upload, is_write=True)
        return (await self._gateway.ask(call)).media(kind)

    async def download_media(self, media_id: str, target: Path) -> Download:
        """Fetch a file; of a video only its address.

        GET /cgi-bin/media/get. The file is written to `target`, whole or not at all, readable only by this user;
        nothing that is there is replaced. At most 32 MB. Errors: 40007 (no such file, or older than 3 days).
        Observed: refusals come as JSON with HTTP 200, so what the body holds decides, together with its label.

        Source: mediaGet

        Raises:
            NotPossible: Something is at `target` already, its folder is missing, or it cannot be written.
        """
        from kfconsole.wechat.download import Landing

        check_filled(media_id, _("The media id"))
        landing = await asyncio.to_thread(Landing, target)
        call = Call("GET", "/cgi-bin/media/get", params={"media_id": media_id}, landing=landing)
        answer = await self._gateway.ask(call)
        if landing.byte_count is None:
            return Download(file=None, url=answer.video_url(), byte_count=0, file_name="")
        return Download(file=target, url="", byte_count=landing.byte_count, file_name=landing.file_name)
