"""The rest of the API against the stand-in for WeChat: agents, messages of all types, files, customers, quotas."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfconsole.content import (
    Card,
    Content,
    Image,
    Menu,
    MenuItem,
    MiniProgram,
    Music,
    News,
    PublishedArticle,
    StoredNews,
    Text,
    Video,
    Voice,
)
from kfconsole.errors import AuthError, Rejected, Unavailable
from kfconsole.model import AgentId, CustomerId, MediaKind, User
from kfconsole.simulator import staff
from kfconsole.simulator.people import WeChatUser
from kfconsole.text import clean, one_line
from kfconsole.wechat.codes import CODE
from kfconsole.wechat.filetypes import FileType
from tests.wechat.files import HEADS, JPEG, MP4, a_file, held, left_in
from tests.wechat.simulated import ANNA, WEN, Desk, code_of
from tests.wechat.wire import (
    DOWNLOAD_PATH,
    PICTURE_PATH,
    QUEUE_PATH,
    SEND_PATH,
    UPLOAD_PATH,
    USERS_PATH,
)

NEW = AgentId("kf2003@shop")


async def test_an_agent_from_adding_to_removing(desk: Desk, tmp_path: Path) -> None:
    client, now = desk.client, desk.world.clock.now()
    desk.world.wechat_users["li_wei"] = WeChatUser()
    await client.add_agent(NEW, "小李")
    await client.rename_agent(NEW, "李伟")
    await client.invite_agent(NEW, "li_wei")
    invited = (await client.agents())[-1]
    assert (invited.id, invited.nick, invited.is_bound, invited.invite_status) == (NEW, "李伟", False, "waiting")
    assert (invited.wechat_id, invited.invited_wechat_id) == ("", "li_wei")
    assert invited.invite_expires_at is not None
    assert invited.invite_expires_at > now

    staff.answer_invitation(desk.world, NEW, accepts=True)
    await client.set_agent_picture(NEW, a_file(tmp_path, JPEG))
    bound = (await client.agents())[-1]
    assert (bound.is_bound, bound.wechat_id, bound.invited_wechat_id) == (True, "li_wei", "")
    assert bound.invite_expires_at is None
    assert bound.picture_url not in ("", invited.picture_url)

    await client.remove_agent(NEW)
    assert [agent.id for agent in await client.agents()] == list(desk.world.agents)
    assert NEW not in desk.world.agents


async def test_refusals_of_managing_come_with_their_codes(desk: Desk, tmp_path: Path) -> None:
    client, picture = desk.client, a_file(tmp_path, JPEG)

    assert await code_of(client.add_agent(WEN, "n")) == CODE.AGENT_EXISTS
    assert await code_of(client.invite_agent(WEN, "li_wei")) == CODE.AGENT_ALREADY_BOUND
    for ask in (
        client.rename_agent(NEW, "n"),
        client.remove_agent(NEW),
        client.invite_agent(NEW, "w"),
        client.set_agent_picture(NEW, picture),
    ):
        assert await code_of(ask) == CODE.NO_SUCH_AGENT
    desk.switch(kf_enabled=False)
    with pytest.raises(AuthError):
        await client.add_agent(NEW, "n")


async def test_the_unreadable_answer_to_a_picture_leaves_it_in_doubt(desk: Desk, tmp_path: Path) -> None:
    desk.arm(PICTURE_PATH, "garbage")
    with pytest.raises(Unavailable) as caught:
        await desk.client.set_agent_picture(WEN, a_file(tmp_path, JPEG))

    assert caught.value.may_have_arrived


async def test_messages_of_all_types_are_taken(desk: Desk, tmp_path: Path) -> None:
    client, media = desk.client, desk.world.media
    desk.switch(only_known_things=True)
    ids: dict[MediaKind, str] = {}
    for kind, file_type in (
        (MediaKind.IMAGE, FileType.PNG),
        (MediaKind.VOICE, FileType.MP3),
        (MediaKind.VIDEO, FileType.MP4),
        (MediaKind.COVER, FileType.JPEG),
    ):
        uploaded = await client.upload_media(kind, a_file(tmp_path, HEADS[file_type]))
        assert (uploaded.kind, uploaded.created_at) == (kind, int(desk.world.clock.now()))
        ids[kind] = uploaded.media_id
    media.keep("news", b"", desk.world.clock.now(), media_id="N1", is_permanent=True)
    media.named["article"].add("A1")
    media.named["card"].add("K1")
    media.named["mini_program"].add("wx9")
    cover = ids[MediaKind.COVER]
    contents: list[Content] = [
        Text("马上 😀"),
        Image(ids[MediaKind.IMAGE]),
        Voice(ids[MediaKind.VOICE]),
        Video(ids[MediaKind.VIDEO], cover, "T", "D"),
        Music("http://m.test/1", cover),
        News("T", "http://u.test/?a=1&b=2", "D", "http://p.test/1.jpg"),
        StoredNews("N1"),
        PublishedArticle("A1"),
        Menu((MenuItem("101", "满意"), MenuItem("102", "不满意")), "满意吗?", "再见"),
        Card("K1"),
        MiniProgram("T", "wx9", "pages/index?a=1", cover),
    ]
    for content in contents:
        desk.world.say(ANNA, "?")  # five replies for each message
        await client.send(ANNA, content, WEN, is_ai=True)

    assert [sent.message_type for sent in desk.world.sent] == [one.__struct_config__.tag for one in contents]
    assert {(sent.kf_account, sent.is_ai) for sent in desk.world.sent} == {(WEN, True)}


async def test_refusals_of_contents_come_with_their_codes(desk: Desk) -> None:
    client = desk.client
    desk.switch(only_known_things=True)
    for content, code in (
        (Image("gone"), 40007),
        (PublishedArticle("gone"), 53600),
        (Card("gone"), 40073),
        (Text("字" * 700), CODE.TEXT_TOO_LONG),
        (Menu(tuple(MenuItem(str(at), "x") for at in range(99))), 45098),
    ):
        assert await code_of(client.send(ANNA, content)) == code
    assert await code_of(client.send(ANNA, Text("hi"), NEW)) == CODE.NO_SUCH_AGENT


# A control character below the blank has no other form in JSON than an escape, but for these.
TYPED = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters={chr(code) for code in range(32)} - set("\b\f\n\r\t")),
    min_size=1,
    max_size=300,
)


@settings(max_examples=60)
@given(text=TYPED | st.sampled_from(["\\u4f60", "&lt;a>", '"', "\u2028\u2029", "\x7f\x9b31m", "\u202e", "👨‍👩‍👧"]))
async def test_any_text_is_stored_byte_for_byte_and_read_back_clean(text: str) -> None:
    desk = Desk()
    desk.switch(records_show_api_sends=True)
    await desk.client.create_session(WEN, ANNA)
    now = int(desk.world.clock.now())
    await desk.client.send(ANNA, Text(text), WEN)

    assert desk.world.sent[-1].text.encode() == text.encode()
    assert (await desk.client.all_records(now - 9, now + 9))[-1].text == clean(text)


@settings(max_examples=60)
@given(nick=TYPED.map(lambda text: text[:16]).filter(str.strip), remark=TYPED.map(lambda text: text[:7]))
async def test_any_name_is_stored_byte_for_byte_and_read_back_clean_in_one_line(nick: str, remark: str) -> None:
    desk = Desk()
    await desk.client.add_agent(NEW, nick)
    await desk.client.set_remark(ANNA, remark)

    assert desk.world.agents[NEW].nickname == nick
    assert (await desk.client.agents())[-1].nick == one_line(clean(nick))
    assert desk.world.customers[ANNA].remark == remark
    assert (await desk.client.user(ANNA)).remark == one_line(clean(remark))


@pytest.mark.parametrize("is_old_key", [True, False])
async def test_a_file_comes_back_as_it_went(desk: Desk, tmp_path: Path, is_old_key: bool) -> None:
    desk.switch(thumb_media_id_key=is_old_key)
    data = JPEG + os.urandom(60_000)
    media = await desk.client.upload_media(MediaKind.COVER, a_file(tmp_path, data))
    target = tmp_path / "back.jpg"
    download = await desk.client.download_media(media.media_id, target)

    assert (download.file, download.byte_count, held(target)) == (target, len(data), data)
    assert download.file_name == f"{media.media_id}.jpg"


async def test_of_a_video_the_address_comes(desk: Desk, tmp_path: Path) -> None:
    media = await desk.client.upload_media(MediaKind.VIDEO, a_file(tmp_path, MP4))
    download = await desk.client.download_media(media.media_id, tmp_path / "video.mp4")

    assert download.file is None
    assert download.url.endswith(media.media_id)


async def test_a_file_of_ten_megabytes_goes_and_comes_whole(desk: Desk, tmp_path: Path) -> None:
    data = (JPEG + os.urandom(2**20) * 10)[: 10 * 2**20]
    media = await desk.client.upload_media(MediaKind.IMAGE, a_file(tmp_path, data))

    assert (await desk.client.download_media(media.media_id, tmp_path / "big.jpg")).byte_count == len(data)
    assert held(tmp_path / "big.jpg") == data


async def test_a_token_displaced_amid_transfers_is_renewed_unseen(desk: Desk, tmp_path: Path) -> None:
    await desk.client.agents()
    desk.arm(UPLOAD_PATH, "displaced_token")
    desk.arm(DOWNLOAD_PATH, "displaced_token")
    media = await desk.client.upload_media(MediaKind.IMAGE, a_file(tmp_path, JPEG))

    assert (await desk.client.download_media(media.media_id, tmp_path / "x.jpg")).byte_count == len(JPEG)
    assert [call.code for call in desk.app.state.requests.of(UPLOAD_PATH)] == [CODE.TOKEN_NOT_LATEST, 0]


@pytest.mark.parametrize("kind", ["empty", "truncated", "cut_before", "cut_after", "cut_during"])
async def test_harm_to_an_upload_leaves_it_in_doubt(desk: Desk, tmp_path: Path, kind: str) -> None:
    desk.arm(UPLOAD_PATH, kind)
    with pytest.raises(Unavailable) as caught:
        await desk.client.upload_media(MediaKind.IMAGE, a_file(tmp_path, JPEG))

    assert caught.value.may_have_arrived


@pytest.mark.parametrize("kind", ["empty", "cut_before", "cut_after", "cut_during"])
async def test_harm_to_a_download_leaves_no_file(desk: Desk, tmp_path: Path, kind: str) -> None:
    media = await desk.client.upload_media(MediaKind.IMAGE, a_file(tmp_path, JPEG + bytes(1000)))
    there = left_in(tmp_path)
    desk.arm(DOWNLOAD_PATH, kind)
    with pytest.raises(Unavailable):
        await desk.client.download_media(media.media_id, tmp_path / "x.jpg")

    assert left_in(tmp_path) == there


async def test_an_unknown_file_is_refused(desk: Desk, tmp_path: Path) -> None:
    assert await code_of(desk.client.download_media("gone", tmp_path / "x.jpg")) == 40007
    assert not (tmp_path / "x.jpg").exists()


@pytest.mark.parametrize("profile", ["empty", "absent", "old"])
async def test_customers_read_alike_whatever_else_is_told(desk: Desk, profile: str) -> None:
    desk.switch(user_profile=profile)
    anna = desk.world.customers[ANNA]
    anna.remark, anna.tag_ids, anna.scene, anna.union_id = "老顾客", (2, 128), "ADD_SCENE_QR_CODE", "u1"

    assert await desk.client.user(ANNA, language="en") == User(
        ANNA,
        is_following=True,
        remark="老顾客",
        tag_ids=(2, 128),
        followed_at=int(anna.followed_at) or None,
        scene="ADD_SCENE_QR_CODE",
        union_id="u1",
    )


async def test_many_customers_come_in_order_with_strangers_among_them(desk: Desk) -> None:
    openids = [CustomerId(desk.world.add_customer().openid) for _ in range(150)]
    openids.insert(7, CustomerId("stranger"))
    users = await desk.client.users(openids)

    assert [user.openid for user in users] == openids
    assert [user.openid for user in users if not user.is_following] == ["stranger"]
    assert desk.app.state.requests.calls[USERS_PATH] == 2


async def test_a_remark_for_nobody_is_refused(desk: Desk) -> None:
    assert await code_of(desk.client.set_remark(CustomerId("nobody"), "x")) == CODE.BAD_OPENID


async def test_quotas_count_calls_and_can_be_cleared_in_three_ways(desk: Desk) -> None:
    client = desk.client

    async def used() -> int:
        quota = await client.quota(SEND_PATH)
        assert quota.remaining == quota.daily_limit - quota.used
        return quota.used

    for clear in (client.clear_quota, lambda: client.clear_quota_of(SEND_PATH), client.clear_quota_with_secret):
        await client.send(ANNA, Text("hi"))
        assert await used() == 1
        await clear()
        assert await used() == 0
    assert await code_of(client.quota("/cgi-bin/nothing")) == 76021
    assert (await client.quota("/cgi-bin/stable_token")).burst_seconds == 60


async def test_a_refusal_can_be_looked_up_by_its_rid(desk: Desk) -> None:
    with pytest.raises(Rejected) as caught:
        await desk.client.send(CustomerId("nobody"), Text("你好"))
    info = await desk.client.request_info(caught.value.rid)

    assert abs(info.at - desk.world.clock.now()) < 60
    assert "你好" in info.request
    assert "40003" in info.response
    assert info.url == "access_token=***"
    assert await code_of(desk.client.request_info(f"{int(desk.world.clock.now()):08x}-00000000-00000000")) == 76001


async def test_both_kinds_of_token_are_handed_out(desk: Desk) -> None:
    stable, classic = await desk.client.stable_token(), await desk.client.classic_token()

    assert (await desk.client.stable_token()).value == stable.value != classic.value
    assert 300 <= stable.lifetime_seconds <= 7200
    assert (await desk.client.stable_token(force_refresh=True)).value != stable.value
    assert desk.app.state.requests.of(QUEUE_PATH) == []
    assert (await desk.client.queue()).total == 1
