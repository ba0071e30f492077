"""Uploading and downloading temporary media."""

from kfconsole.simulator.codes import Refused
from kfconsole.simulator.endpoint import Call, Endpoint, Json, get, post
from kfconsole.simulator.envelope import Answer
from kfconsole.simulator.media import CONTENT_TYPES, Medium
from kfconsole.simulator.multipart import file_part

LINK_PATH = "/_sim/media/"
"""Where the link of a video leads, without the media id."""


def file_answer(medium: Medium, content_type: str = "") -> Answer:
    """Return the bytes of a file as an answer."""
    name = f"{medium.media_id}.{medium.format}" if medium.format else medium.media_id
    disposition = f'attachment; filename="{name}"'
    return Answer(
        medium.data,
        content_type=content_type or CONTENT_TYPES[medium.format],
        headers=(("Content-Disposition", disposition),),
    )


def _upload(call: Call) -> Json:
    world, kind = call.world, call.query.get("type", "")
    part = file_part(call.raw_body, call.content_type)
    medium = world.media.upload(kind, part, world.clock.now(), world.switches)
    key = "thumb_media_id" if kind == "thumb" and world.switches.thumb_media_id_key else "media_id"
    return {"type": kind, key: medium.media_id, "created_at": int(medium.created_at)}


def _download(call: Call) -> Json | Answer:
    medium = _found(call)
    if medium.kind == "video":
        return {"video_url": f"{call.base_url}{LINK_PATH}{medium.media_id}"}
    return file_answer(medium)


def _download_voice(call: Call) -> Answer:
    """Answer a voice as it was uploaded, where WeChat has a better one of 16 kHz."""
    return file_answer(_found(call, "voice"), "voice/speex")


def _found(call: Call, *kinds: str) -> Medium:
    medium = call.world.media.find(call.query.get("media_id"), call.world.clock.now(), *kinds)
    if medium.kind == "news":  # permanent news material has no file
        raise Refused(40007)
    return medium


DOWNLOADS = frozenset({"/cgi-bin/media/get", "/cgi-bin/media/get/jssdk"})
"""Where a good answer is a file, and a refusal is labelled as a switch says."""

ENDPOINTS: dict[str, Endpoint] = {
    "/cgi-bin/media/upload": post(_upload, takes_json=False),
    "/cgi-bin/media/get": get(_download),
    "/cgi-bin/media/get/jssdk": get(_download_voice),
}
