"""Messages as WeChat wants them written: the keys of each msgtype stand here and nowhere else. Pure.

Texts go out as they were typed.
"""

from kfconsole.content import (
    Card,
    Content,
    Image,
    Menu,
    MiniProgram,
    Music,
    News,
    PublishedArticle,
    StoredNews,
    Text,
    Video,
    Voice,
)
from kfconsole.errors import NotPossible
from kfconsole.i18n import _
from kfconsole.model import AgentId, CustomerId
from kfconsole.wechat.checks import check_filled


def message(openid: CustomerId, content: Content, agent: AgentId | None, *, is_ai: bool) -> dict[str, object]:
    """Return the body of a send.

    Args:
        openid: The customer.
        content: What to send.
        agent: In whose name; None for the account's.
        is_ai: Whether WeChat adds the grey line that says a machine wrote it.

    Raises:
        NotPossible: Something that has to be in it is empty.
    """
    kind = str(content.__struct_config__.tag)
    body: dict[str, object] = {"touser": openid, "msgtype": kind, kind: _fields(content)}
    if agent:
        body["customservice"] = {"kf_account": agent}
    if is_ai:
        body["aimsgcontext"] = {"is_ai_msg": 1}
    return body


def _fields(content: Content) -> dict[str, object]:
    match content:
        case Text():
            if not content.text:  # a text of blanks alone is WeChat's to judge
                check_filled(content.text, _("The text"))
            return {"content": content.text}
        case Image() | Voice() | StoredNews():
            return {"media_id": _filled(content.media_id, _("The media id"))}
        case Video():
            required = {
                "media_id": _filled(content.media_id, _("The media id")),
                "thumb_media_id": _filled(content.cover_media_id, _("The media id of the cover picture")),
            }
            return required | _given(title=content.title, description=content.description)
        case Music():
            # Title and description always: newer documents call them required.
            return {
                "title": content.title,
                "description": content.description,
                "musicurl": _filled(content.url, _("The address of the music")),
                **_given(hqmusicurl=content.high_quality_url),
                "thumb_media_id": _filled(content.cover_media_id, _("The media id of the cover picture")),
            }
        case News():
            article = {
                "title": _filled(content.title, _("The title")),
                **_given(description=content.description),
                "url": _filled(content.url, _("The address of the page")),
                **_given(picurl=content.picture_url),
            }
            return {"articles": [article]}
        case PublishedArticle():
            return {"article_id": _filled(content.article_id, _("The id of the article"))}
        case Menu():
            return _menu(content)
        case Card():
            return {"card_id": _filled(content.card_id, _("The id of the card"))}
        case MiniProgram():
            return {
                "title": _filled(content.title, _("The title")),
                "appid": _filled(content.app_id, _("The app id of the mini program")),
                "pagepath": _filled(content.page_path, _("The page of the mini program")),
                "thumb_media_id": _filled(content.cover_media_id, _("The media id of the cover picture")),
            }


def _menu(menu: Menu) -> dict[str, object]:
    if not menu.items:
        raise NotPossible(_("The menu has no lines to tap."))
    lines = [
        {
            "id": _filled(item.id, _("The id of a menu line")),
            "content": _filled(item.text, _("The text of a menu line")),
        }
        for item in menu.items
    ]
    return {**_given(head_content=menu.head), "list": lines, **_given(tail_content=menu.tail)}


def _filled(value: str, name: str) -> str:
    check_filled(value, name)
    return value


def _given(**fields: str) -> dict[str, object]:
    """Return the fields that say something: what may be left out is."""
    return {name: value for name, value in fields.items() if value}
