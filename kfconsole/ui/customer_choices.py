"""The customers one can be picked from. Pure."""

from itertools import chain

from kfconsole.i18n import _, listed
from kfconsole.model import Contact, CustomerId, Desk
from kfconsole.ui import words
from kfconsole.ui.dialogs import Choice, Picker
from kfconsole.ui.words import Glyphs

MAX_CHOICES = 500  # more make a picker too slow to type in


def customer_picker(desk: Desk, title: str, glyphs: Glyphs) -> Picker:
    """Return a picker of the customers the desk knows: found by every name, by tags and openid."""
    choices = [_choice(openid, desk.contacts.get(openid), glyphs) for openid in _newest_first(desk)]
    return Picker(title, choices, _("Name, pinyin, tag or openid"))


def _newest_first(desk: Desk) -> list[CustomerId]:
    """Return who is waiting, served or has a name; those with names first, then who was heard of last."""

    def rank(openid: CustomerId) -> tuple[bool, float]:
        contact = desk.contacts.get(openid)
        last = contact.last_message if contact is not None else None
        return contact is not None and bool(contact.name), last.at if last is not None else 0.0

    named = (openid for openid, contact in desk.contacts.items() if contact.name)
    known = dict.fromkeys(chain(named, (row.openid for row in desk.queue), desk.session_by_customer))
    return sorted(known, key=rank, reverse=True)[:MAX_CHOICES]


def _choice(openid: CustomerId, contact: Contact | None, glyphs: Glyphs) -> Choice:
    end = words.name_of(None, openid, glyphs)
    if contact is None:
        return Choice(openid, end, also=openid)
    label = words.name_of(contact, openid, glyphs)
    detail = "" if label == end else end
    if contact.tags:
        detail = f"{detail}  {listed(contact.tags)}".strip()
    return Choice(openid, label, detail, also=f"{contact.alias} {contact.remark} {openid}")
