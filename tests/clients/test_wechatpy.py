"""wechatpy 1.8.18, an SDK that many shops run on, understands the simulator."""

import io
import time

import pytest
import wechatpy

from tests.clients.conftest import JPEG, People

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:wechatpy")

TEXT = "您好～“退款”已受理 <b>&\\u4f60</b> 👩‍👩‍👧\n第二行"
NEW = "wp_01@lehuo"


@pytest.fixture
def client(shop: People) -> wechatpy.WeChatClient:
    return wechatpy.WeChatClient(shop.app_id, shop.app_secret)


def refusal(error: pytest.ExceptionInfo[Exception]) -> int:
    return int(error.value.errcode)  # type: ignore[attr-defined]  # every error of wechatpy has it


def test_accounts_are_added_renamed_pictured_and_removed(client: wechatpy.WeChatClient) -> None:
    service = client.customservice
    assert service.add_account(NEW, "新同事", "secret")["errcode"] == 0
    assert service.update_account(NEW, "改名后", "secret")["errcode"] == 0
    added = next(row for row in service.get_accounts() if row["kf_account"] == NEW)
    assert service.upload_headimg(NEW, ("face.jpg", io.BytesIO(JPEG), "image/jpeg"))["errcode"] == 0
    pictured = next(row for row in service.get_accounts() if row["kf_account"] == NEW)
    assert service.delete_account(NEW)["errcode"] == 0

    assert added["kf_nick"] == "改名后"
    assert "kf_wx" not in added
    assert added["kf_headimgurl"] != pictured["kf_headimgurl"]
    assert NEW not in {row["kf_account"] for row in service.get_accounts()}


def test_those_online_are_listed_with_their_sessions(client: wechatpy.WeChatClient, shop: People) -> None:
    before = {row["kf_account"]: row["accepted_case"] for row in client.customservice.get_online_accounts()}
    shop.order("agents/accept", kf_account=shop.kf_account, openid=shop.new_customer())
    after = {row["kf_account"]: row["accepted_case"] for row in client.customservice.get_online_accounts()}

    assert after[shop.kf_account] == before[shop.kf_account] + 1


def test_a_session_is_opened_seen_and_closed(client: wechatpy.WeChatClient, shop: People) -> None:
    openid, service = shop.new_customer(), client.customservice
    waiting = service.get_wait_case()
    nobody = service.get_session(openid)
    assert service.create_session(openid, shop.kf_account, "附加信息")["errcode"] == 0
    somebody = service.get_session(openid)
    listed = service.get_session_list(shop.kf_account)
    assert service.close_session(openid, shop.kf_account)["errcode"] == 0

    assert openid in {row["openid"] for row in waiting["waitcaselist"]}
    assert waiting["count"] == len(waiting["waitcaselist"])
    assert nobody["kf_account"] == ""
    assert somebody["kf_account"] == shop.kf_account
    assert abs(somebody["createtime"] - time.time()) < 60
    assert openid in {row["openid"] for row in listed}
    assert service.get_session(openid)["kf_account"] == ""


def test_a_refusal_carries_the_code(client: wechatpy.WeChatClient, shop: People) -> None:
    openid, service = shop.new_customer(), client.customservice
    with pytest.raises(wechatpy.WeChatClientException) as offline:
        service.create_session(openid, "kf2003@lehuo")
    with pytest.raises(wechatpy.WeChatClientException) as unbound:
        service.create_session(openid, "kf2004@lehuo")
    with pytest.raises(wechatpy.WeChatClientException) as unknown:
        service.create_session(openid, "nobody@lehuo")
    with pytest.raises(wechatpy.WeChatClientException) as closed:
        service.close_session(openid, shop.kf_account)

    assert [refusal(error) for error in (offline, unbound, unknown, closed)] == [65415, 65402, 65401, 65413]


def test_records_are_read(client: wechatpy.WeChatClient, shop: People) -> None:
    openid = shop.new_customer()
    shop.order("agents/accept", kf_account=shop.kf_account, openid=openid)
    shop.order("agents/say", kf_account=shop.kf_account, openid=openid, text=TEXT)
    shop.order("say", openid=openid, text="收到，谢谢")
    now = int(time.time())
    page = client.customservice.get_records(now - 3600, now + 60)
    rows = [row for row in page["recordlist"] if row["openid"] == openid]

    assert page["number"] == len(page["recordlist"])
    assert [(row["opercode"], row["text"], row["worker"]) for row in rows] == [
        (2002, TEXT, shop.kf_account),
        (2003, "收到，谢谢", shop.kf_account),
    ]
    assert client.customservice.get_records(now - 3600, now + 60, msgid=page["msgid"])["recordlist"] == []


def test_every_kind_of_message_is_sent_and_arrives_as_it_was(client: wechatpy.WeChatClient, shop: People) -> None:
    image = client.media.upload("image", ("a.jpg", io.BytesIO(JPEG), "image/jpeg"))["media_id"]
    cover = client.media.upload("thumb", ("b.jpg", io.BytesIO(JPEG), "image/jpeg"))
    cover_id = cover.get("thumb_media_id") or cover["media_id"]
    voice = client.media.upload("voice", ("c.amr", io.BytesIO(b"#!AMR\n" + b"\x3c" + b"\x00" * 31), "audio/amr"))
    article = {"title": "上新", "description": "秋冬款", "url": "https://shop.example.com/", "image": ""}
    messages = client.message
    answers = [
        messages.send_text(shop.new_customer(), TEXT, account=shop.kf_account),
        messages.send_image(shop.new_customer(), image),
        messages.send_voice(shop.new_customer(), voice["media_id"]),
        messages.send_music(shop.new_customer(), "https://m.example.com/1.mp3", "", cover_id, "歌", "说明"),
        messages.send_articles(shop.new_customer(), [article]),
    ]
    sent = shop.state()["sent"][-5:]

    assert [answer["errcode"] for answer in answers] == [0] * 5
    assert [entry["message_type"] for entry in sent] == ["text", "image", "voice", "music", "news"]
    assert sent[0]["text"] == TEXT
    assert sent[0]["kf_account"] == shop.kf_account


def test_replies_end_with_the_fifth_and_the_code_says_so(client: wechatpy.WeChatClient, shop: People) -> None:
    openid = shop.new_customer()
    for number in range(5):
        client.message.send_text(openid, f"第 {number + 1} 条")
    with pytest.raises(wechatpy.WeChatClientException) as used_up:
        client.message.send_text(openid, "第 6 条")

    assert refusal(used_up) == 45047


def test_typing_is_shown_once_in_fifteen_seconds(client: wechatpy.WeChatClient, shop: People) -> None:
    openid, body = shop.new_customer(), {"command": "Typing"}
    assert client.post("message/custom/typing", data={"touser": openid, **body})["errcode"] == 0
    with pytest.raises(wechatpy.WeChatClientException) as again:
        client.post("message/custom/typing", data={"touser": openid, **body})

    assert refusal(again) == 45081


def test_media_come_back_as_they_went(client: wechatpy.WeChatClient) -> None:
    uploaded = client.media.upload("image", ("照片.jpg", io.BytesIO(JPEG), "image/jpeg"))
    downloaded = client.media.download(uploaded["media_id"])
    with pytest.raises(wechatpy.WeChatClientException) as gone:
        client.media.download("nothing")

    assert uploaded["type"] == "image"
    assert abs(uploaded["created_at"] - time.time()) < 60
    assert downloaded.content == JPEG
    assert refusal(gone) == 40007


def test_a_video_goes_out_without_a_cover_only_by_switch(client: wechatpy.WeChatClient, shop: People) -> None:
    video = client.media.upload("video", ("a.mp4", io.BytesIO(b"\0\0\0\x18ftypmp42"), "video/mp4"))["media_id"]
    openid = shop.new_customer()
    with pytest.raises(wechatpy.WeChatClientException) as refused:
        client.message.send_video(openid, video, "标题", "说明")
    shop.order("switches", video_needs_cover=False)
    sent = client.message.send_video(openid, video, "标题", "说明")
    shop.order("switches", video_needs_cover=True)

    assert (refusal(refused), sent["errcode"]) == (41006, 0)


def test_customers_are_looked_up_and_remarked(client: wechatpy.WeChatClient, shop: People) -> None:
    openid = shop.new_customer()
    assert client.user.update_remark(openid, "老客户")["errcode"] == 0
    one = client.user.get(openid)
    many = client.user.get_batch([openid, "oNobodyOfThisShop00000000000"])

    assert (one["subscribe"], one["remark"]) == (1, "老客户")
    assert [row["subscribe"] for row in many] == [1, 0]


def test_a_token_taken_away_is_fetched_again(client: wechatpy.WeChatClient, shop: People) -> None:
    client.customservice.get_wait_case()
    shop.order("tokens/revoke")

    assert "count" in client.customservice.get_wait_case()
