"""For programs: one JSON object a line, all there is of a message."""

import json
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from kfconsole.content import Content
from kfconsole.desk.formats.common import Direction, People, direction
from kfconsole.model import Delivery, Message, MessageKind

_ESCAPED = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""Where readers that look for the ends of lines may see one."""


class ExportedMessage(Struct, frozen=True):
    """One line of a conversation."""

    openid: str
    """The customer; with --mask a name that stands for the customer in this file alone."""
    name: str
    """What the customer is called here: the alias, else WeChat's remark; empty: neither is known, or --mask."""
    id: int
    """The message's number in the archive of this host."""
    at: float
    """Unix seconds of WeChat's clock."""
    direction: Direction
    """From the customer, to the customer, or neither."""
    kind: MessageKind
    """What it is, more closely."""
    agent: str
    """Who sent it, or served the customer; empty: nobody."""
    nick: str
    """Of the agent; empty: not known."""
    text: str
    """What a conversation shows; `[image]` and the like stand for what WeChat does not tell."""
    delivery: Delivery | None
    """How far a message of ours got; null: it was not sent from a console of ours."""
    reason: str
    """Why it was refused, or what was lost; empty: neither."""
    is_dismissed: bool
    """It was not delivered, and somebody decided to leave it, or sent it again as a new message."""
    is_ai: bool
    """Whether the customer is told that a machine wrote it."""
    content: Content | None
    """What a message of ours held beside words; null: nothing, or not sent from here."""


class JsonlWriter:
    """Writes a line for each message; lines end in a line feed, and nothing else does."""

    def __init__(self) -> None:
        self._encoder = msgspec.json.Encoder()

    def head(self) -> str:
        """Return nothing: every line is a message."""
        return ""

    def write(self, messages: Sequence[Message], people: People) -> str:
        """Return the next messages."""
        names = {openid: people.name(openid) for openid in {message.openid for message in messages}}
        nicks = {agent: people.nick(agent) for agent in {message.agent for message in messages}}
        rows = [
            ExportedMessage(
                openid=message.openid,
                name=names[message.openid],
                id=message.id,
                at=message.at,
                direction=direction(message),
                kind=message.kind,
                agent=message.agent,
                nick=nicks[message.agent],
                text=message.text,
                delivery=message.delivery,
                reason=message.reason,
                is_dismissed=message.is_dismissed,
                is_ai=message.is_ai,
                content=message.content,
            )
            for message in messages
        ]
        try:
            lines = self._encoder.encode_lines(rows).decode()
        except UnicodeEncodeError:  # half a character, which UTF-8 has no bytes for but JSON has
            return "".join(f"{json.dumps(msgspec.to_builtins(row))}\n" for row in rows)
        for separator, escaped in _ESCAPED.items():
            lines = lines.replace(separator, escaped)
        return lines
