"""Messages that are no text: kept, sent, confirmed and sent again as what they are."""

from pathlib import Path

import pytest

from kfconsole.content import Content, Image, Menu, MenuItem, News, Text, Video, Voice
from kfconsole.errors import ArchiveError, NotPossible
from kfconsole.model import Delivery, Media, MediaKind
from kfconsole.simulator.faults import Fault
from tests.desk import house as at
from tests.desk.house import LI, ME, House, customer, opened

ANN = customer(1)
NEWS = News("Sale", "https://shop.example/sale")
MENU = Menu((MenuItem("1", "Yes"), MenuItem("2", "No")), head="Did it help?")
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
async def house_with_ann(house: House) -> House:
    house.world.say(ANN, "hello")
    house.world.accept(ME, ANN)
    await house.actions.open(ANN)
    return house


async def picture(house: House, folder: Path) -> Image:
    file = folder / "picture.png"
    file.write_bytes(PNG)
    media: Media = await house.actions.upload_media(MediaKind.IMAGE, file)
    return Image(media.media_id)


def sent(house: House) -> list[tuple[str, object]]:
    """Type and object of every message WeChat took."""
    return [(taken.message_type, taken.message[taken.message_type]) for taken in house.world.sent]


async def test_a_picture_is_shown_by_its_word_and_counts_as_a_reply(house_with_ann: House, tmp_path: Path) -> None:
    house = house_with_ann
    image = await picture(house, tmp_path)
    message = await house.actions.send(ANN, image)

    assert (message.text, message.content, message.delivery) == ("[image]", image, Delivery.SENT)
    assert house.shown() == (message,)
    assert sent(house) == [("image", {"media_id": image.media_id})]


@pytest.mark.parametrize("content", [NEWS, MENU], ids=["news", "menu"])
async def test_what_was_refused_is_sent_again_as_it_was_never_as_words(house_with_ann: House, content: Content) -> None:
    house = house_with_ann
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
    refused = await house.actions.send(ANN, content, is_ai=True)
    assert refused.needs_decision
    again = await house.actions.resend(refused.id)

    assert (again.content, again.is_ai, again.delivery) == (content, True, Delivery.SENT)
    assert [taken.is_ai for taken in house.world.sent] == [True]
    assert "text" not in [kind for kind, _payload in sent(house)]
    assert house.desk.contacts[ANN].undelivered == 0


async def test_what_was_sent_in_anothers_name_is_sent_again_in_ours(house_with_ann: House) -> None:
    house = house_with_ann
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
    refused = await house.actions.send(ANN, "from a machine", agent=LI, is_ai=True)
    again = await house.actions.resend(refused.id)

    assert (refused.agent, again.agent) == (LI, ME)
    assert [(taken.kf_account, taken.is_ai) for taken in house.world.sent] == [(ME, True)]


async def test_a_lost_picture_is_unknown_and_sent_again_as_the_picture(house_with_ann: House, tmp_path: Path) -> None:
    house = house_with_ann
    image = await picture(house, tmp_path)
    house.wire.lost.append(at.SEND)
    unknown = await house.actions.send(ANN, image)
    assert unknown.delivery is Delivery.UNKNOWN
    await house.actions.resend(unknown.id)

    assert sent(house) == [("image", {"media_id": image.media_id})] * 2


async def test_what_another_version_kept_is_not_sent_again_as_words(house_with_ann: House, tmp_path: Path) -> None:
    house = house_with_ann
    image = await picture(house, tmp_path)
    house.app.state.faults.arm(Fault(at.SEND, "errcode", code=45015))
    refused = await house.actions.send(ANN, image)
    await house.archive._write(
        lambda connection: connection.execute("""UPDATE deliveries SET content = '{"type":"hologram"}'""")
    )

    with pytest.raises(ArchiveError, match="cannot read"):
        await house.actions.resend(refused.id)
    assert sent(house) == []


async def test_wechats_records_confirm_our_picture(house_with_ann: House, tmp_path: Path) -> None:
    house = house_with_ann
    image = await picture(house, tmp_path)
    async with house.polling():
        message = await house.actions.send(ANN, image)
        house.world.write_records([(ANN, 2002, house.time.sim.now(), ME, "[image]")])
        await house.time.advance(3)

        assert [(shown.id, shown.delivery) for shown in house.shown() if shown.text == "[image]"] == [
            (message.id, Delivery.CONFIRMED)
        ]


@pytest.mark.parametrize(
    "content",
    [Text(" \n"), Text("字" * 700), Image(""), Voice(""), Video("m", ""), News("", "https://x"), Menu(())],
    ids=lambda content: type(content).__name__,
)
async def test_what_wechat_would_refuse_for_certain_is_never_begun(house_with_ann: House, content: Content) -> None:
    house = house_with_ann
    with pytest.raises(NotPossible):
        await house.actions.send(ANN, content)

    assert house.shown() == ()
    assert house.calls(at.SEND) == 0


async def test_a_command_may_answer_as_another_agent_or_without_one_of_its_own(tmp_path: Path) -> None:
    async with opened(tmp_path, me=None) as house:
        house.world.say(ANN, "hello")
        message = await house.actions.send(ANN, "hi", agent=LI)

        assert message.agent == LI
        assert [(taken.text, taken.kf_account) for taken in house.world.sent] == [("hi", LI)]
