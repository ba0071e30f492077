"""Named switches for everything the public material leaves open; the defaults are the documented assumptions.

Imports nothing of the simulator.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Switches:
    """How this world decides what nobody outside WeChat knows for sure."""

    kf_enabled: bool = True
    """Off: the account never switched the kf feature on, and every kf call answers 65400."""
    kf_id_as_string: bool = False
    """Send `kf_id` as the documentation types it, not as it was seen on the wire."""
    online_list_shows_offline: bool = False
    """List bound agents who are offline in getonlinekflist, with status 0."""
    old_agent_fields: bool = False
    """Add the retired `auto_accept` to getonlinekflist and name the picture `kf_headimg`."""
    getsession_empty_shape: str = "empty"
    """getsession without a session: `empty` values, keys `absent`, or `errcode` 0 as old answers had it."""
    session_minutes: float = 30.0
    """A session nobody closed ends after so long; 0: never."""
    session_restarts_on_message: bool = False
    """Each message in a session starts those minutes again."""
    cursor_inclusive: bool = False
    """getmsglist answers the last id itself as next cursor, so pages overlap by one record."""
    records_delay_seconds: float = 0.0
    """Chat records appear so long after they happened."""
    records_keep_days: float = 90.0
    """Chat records older than this are gone."""
    records_show_api_sends: bool = False
    """Messages sent by custom/send appear in the chat records as 2002."""
    records_show_waiting: bool = False
    """Messages of customers who wait appear in the chat records as 2001."""
    records_show_events: bool = False
    """Opercodes 1000 to 1005 and 2001 appear in the chat records."""
    escape_is_error: bool = False
    r"""A \uXXXX escape in a text answers 47002; off: the customer sees the escape literally."""
    typing_outside_window_code: int = 45015
    """What typing answers when custom/send would find no open window."""
    cancel_typing_needs_exchange: bool = False
    """CancelTyping answers 45080 like Typing when nothing was exchanged for 30 seconds."""
    web_replies_count: bool = False
    """An agent's answer in the web client uses up one of the replies the API may send."""
    text_limit_in_characters: bool = False
    """Measure the 2048 of a text in characters instead of UTF-8 bytes."""
    early_forced_refresh_code: int = 0
    """What a forced token refresh answers when it is too early or too frequent; 0: the current token."""
    unfollowed_send_code: int = 45015
    """What custom/send answers for a customer who no longer follows."""


_CHOICES = {"getsession_empty_shape": ("empty", "absent", "errcode")}


def changed(switches: Switches, values: Mapping[str, object]) -> Switches:
    """Return the switches with `values` set.

    Raises:
        ValueError: A name is unknown or a value does not fit; the message names it and the fix.
    """
    known = {field.name: type(field.default) for field in fields(Switches)}
    accepted: dict[str, object] = {}
    for name, value in values.items():
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise ValueError(f"unknown switch {name!r}; did you mean {nearest!r}?")
        accepted[name] = _checked(name, value, known[name])
    return replace(switches, **accepted)  # type: ignore[arg-type]  # each value was checked against its field


def _checked(name: str, value: object, kind: type) -> object:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise ValueError(f"switch {name!r} wants a {kind.__name__}, not {value!r}")
    choices = _CHOICES.get(name, ())
    if choices and value not in choices:
        raise ValueError(f"switch {name!r} wants one of {', '.join(choices)}, not {value!r}")
    return value
