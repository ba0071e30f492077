"""WeRoBot 1.13.1, by other authors and of another age, understands the simulator."""

import io

import pytest
from werobot.client import Client, ClientException

from tests.clients.conftest import JPEG, People

NEW = "wr_01@lehuo"
NOTE = "备注：VIP 👍 <i>不是标签</i>"


@pytest.fixture
def client(shop: People) -> Client:
    return Client({"APP_ID": shop.app_id, "APP_SECRET": shop.app_secret})


def picture(name: str) -> io.BytesIO:
    file = io.BytesIO(JPEG)
    file.name = name
    return file


def accounts(client: Client) -> dict[str, str]:
    return {row["kf_account"]: row["kf_nick"] for row in client.get_custom_service_account_list()["kf_list"]}


def test_accounts_are_managed_with_the_fields_of_old_and_new_clients(client: Client) -> None:
    client.add_custom_service_account(NEW, "小李", "md5 of old times")
    added = accounts(client)
    client.update_custom_service_account(NEW, "小李（晚班）", "")
    client.upload_custom_service_account_avatar(NEW, picture("头像.jpg"))
    renamed = accounts(client)
    client.delete_custom_service_account(NEW, "", "")

    assert added[NEW] == "小李"
    assert renamed[NEW] == "小李（晚班）"
    assert NEW not in accounts(client)


def test_those_online_are_listed(client: Client, shop: People) -> None:
    online = client.get_online_custom_service_account_list()["kf_online_list"]

    assert shop.kf_account in {row["kf_account"] for row in online}
    assert all(row["status"] == 1 for row in online)


def test_messages_are_sent_in_the_name_of_an_agent(client: Client, shop: People) -> None:
    client.send_text_message(shop.new_customer(), NOTE, shop.kf_account)
    media_id = client.upload_media("image", picture("照片.jpg"))["media_id"]
    client.send_image_message(shop.new_customer(), media_id, shop.kf_account)
    card = [{"title": "上新", "description": "", "url": "https://shop.example.com/", "picurl": ""}]
    client.send_article_message(shop.new_customer(), card)
    sent = shop.state()["sent"][-3:]

    assert [entry["message_type"] for entry in sent] == ["text", "image", "news"]
    assert sent[0]["text"] == NOTE
    assert [entry["kf_account"] for entry in sent] == [shop.kf_account, shop.kf_account, ""]
    assert client.download_media(media_id).content == JPEG


def test_refusals_are_understood(client: Client, shop: People) -> None:
    with pytest.raises(ClientException, match=r"^40003: "):
        client.send_text_message("oNobodyOfThisShop00000000000", "在吗")
    with pytest.raises(ClientException, match=r"^40007: "):
        client.send_image_message(shop.new_customer(), "nothing")
    with pytest.raises(ClientException, match=r"^45008: "):
        client.send_article_message(shop.new_customer(), [{"title": "1"}, {"title": "2"}])
    with pytest.raises(ClientException, match=r"^65406: "):
        client.add_custom_service_account(shop.kf_account, "重名", "")


def test_customers_are_looked_up_and_remarked(client: Client, shop: People) -> None:
    openid = shop.new_customer()
    client.remark_user(openid, "老客户")

    assert client.get_user_info(openid)["remark"] == "老客户"
    assert client.get_users_info([openid])["user_info_list"][0]["openid"] == openid


def test_a_wrong_secret_is_refused(shop: People) -> None:
    stranger = Client({"APP_ID": shop.app_id, "APP_SECRET": "0" * 32})

    with pytest.raises(ClientException, match=r"^40125: "):
        stranger.grant_token()
