"""Short names for what the archive's tests are about."""

from collections.abc import Iterable

from kfconsole.model import AgentId, CustomerId, Message, MessageKind, Record

CREATED_AT = 1_700_000_000.0
T = 1_700_000_100
"""A moment shortly after the archive was created."""
ANN = CustomerId("oAnn")
BOB = CustomerId("oBob")
ME = AgentId("kf2001@shop")
COLLEAGUE = AgentId("kf2002@shop")


def received(text: str, at: int, openid: CustomerId = ANN) -> Record:
    return Record(openid, ME, MessageKind.RECEIVED, text, at)


def sent(text: str, at: int, openid: CustomerId = ANN, agent: AgentId = ME) -> Record:
    return Record(openid, agent, MessageKind.SENT, text, at)


def texts(messages: Iterable[Message]) -> list[str]:
    return [message.text for message in messages]
