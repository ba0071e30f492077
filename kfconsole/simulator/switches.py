"""Named switches for everything the public material leaves open; the defaults are the documented assumptions.

Imports only codes.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from kfconsole.simulator.codes import TEXTS


@dataclass(frozen=True, slots=True)
class Switches:
    """How this world decides what nobody outside WeChat knows for sure."""

    kf_enabled: bool = True
    """Off: the account never switched the kf feature on, and every kf call answers 65400."""
    answer_content_type: str = "application/json; encoding=utf-8"
    """What the Content-Type of JSON answers says; older calls are said to send text/plain."""
    media_refusal_content_type: str = "text/plain"
    """What the Content-Type of a refused media/get says, and of a refused media/get/jssdk; so it was seen from 2014 to
    2017, and clients that go by the header take `application/json` for the file."""
    errmsg_suffix: str = "rid"
    """What follows the text of a refusal: a `rid` as today, a `hint` as until 2020, or `both` as in between."""
    kf_id_as_string: bool = False
    """Send `kf_id` as the documentation types it, not as it was seen on the wire."""
    online_list_shows_offline: bool = False
    """List bound agents who are offline in getonlinekflist, with status 0."""
    old_agent_fields: bool = False
    """Add the retired `auto_accept` to getonlinekflist and name the picture `kf_headimg`."""
    empty_agent_list_shape: str = "empty"
    """What either list of agents holds when nobody is on it: an `empty` list, `null`, or its key is `absent`."""
    agent_openids: bool = False
    """Add the newer `kf_openid` of bound agents to both lists."""
    lists_without_cgi_bin: bool = True
    """Serve the two lists under /customservice/ too, where a widely used client library asks for them."""
    delete_by_get: bool = True
    """Deleting an agent works by GET with `kf_account` in the query, as old clients still do."""
    delete_serving_agent_code: int = 0
    """What deleting an agent who serves somebody answers; 0: their sessions are closed."""
    most_agents: int = 100
    """So many agents an account may have; adding one more answers 65405."""
    own_suffix: str = ""
    """What a new agent's `kf_account` must have after the `@`, as the account's own WeChat id, or 65404; empty: any."""
    forbidden_words: str = ""
    """Words, separated by blanks, that no nickname may contain, or 65403; which there are is not published."""
    kf_ids_are_reused: bool = False
    """A new agent gets the lowest free number instead of the next one never given before."""
    invitation_hours: float = 24.0
    """An invitation nobody answered expires after so long."""
    most_accounts_per_wechat_user: int = 5
    """Whoever is bound to so many accounts elsewhere cannot be invited: 65410."""
    picture_must_be_jpg: bool = True
    """An agent's picture that is no JPG answers 40005; off: PNG and GIF are taken too."""
    missing_field_code: int = 0
    """What a missing or mistyped field answers; 0: by analogy, as 65404, 65403 or 40003."""
    agent_checked_last: bool = False
    """A call that names an agent and something else wrong complains about the other thing first."""
    legacy_session_codes: bool = False
    """create and close answer 61458 and 61459, as the old system did, instead of 65414 and 65415."""
    api_session_events: bool = True
    """WeChat pushes an event when an API call opens or closes a session, not only when an agent does."""
    expiry_session_events: bool = True
    """WeChat pushes an event when a session ends because nobody closed it in time."""
    unfollow_closes_session: bool = False
    """A customer who stops following ends the session; off: it lasts until it is closed or its time is over."""
    window_combination: str = "per_class"
    """How actions combine into what may be sent: each class on its own (`per_class`), `one` window with the higher
    count and the later end, one in which the counts are `added`, or only the `latest` action."""
    user_profile: str = "empty"
    """Nickname, picture, sex and region of a customer: `empty` or `absent` as today, or real ones as of `old`."""
    getsession_empty_shape: str = "empty"
    """getsession without a session: `empty` values, keys `absent`, or `errcode` 0 as old answers had it."""
    old_queue_rows: bool = False
    """getwaitcase tells `kf_account` and `createtime` of each customer, as it used to, instead of `latest_time`."""
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
    retired_record_call: bool = True
    """The retired getrecord still answers, for old clients; off: its path is unknown."""
    escape_is_error: bool = False
    r"""A \uXXXX escape in what a customer reads answers 47002; off: the customer sees the escape literally."""
    typing_outside_window_code: int = 45015
    """What typing answers when custom/send would find no open window, or the replies used up."""
    cancel_typing_needs_exchange: bool = False
    """CancelTyping answers 45080 like Typing when nothing was exchanged for 30 seconds."""
    idle_cancel_typing_code: int = 0
    """What CancelTyping answers when nobody types."""
    web_replies_count: bool = False
    """An agent's answer in the web client uses up one of the replies the API may send."""
    text_limit_in_characters: bool = False
    """Measure the 2048 of a text in characters instead of UTF-8 bytes."""
    unknown_sender_code: int = 65401
    """What a message in the name of an unknown agent answers; 61452 is known too."""
    only_known_things: bool = False
    """Articles, cards, news and mini programs that no control path made known are refused: no call served here can
    make them."""
    menu_items_limit: int = 20
    """A menu with more items answers 45098; no number was found; 0: no limit."""
    menu_item_bytes_limit: int = 256
    """A menu item longer than this in UTF-8 answers 45099; no number was found; 0: no limit."""
    title_bytes_limit: int = 512
    """A longer title answers 45003; no number was found; 0: no limit."""
    description_bytes_limit: int = 2048
    """A longer description answers 45004; no number was found; 0: no limit."""
    url_bytes_limit: int = 2048
    """A longer link answers 45005, a longer link to a picture 45006; no number was found; 0: no limit."""
    menu_links_work: bool = True
    """A menu link in a text can be tapped, as it can in practice though no page has it."""
    video_needs_cover: bool = True
    """A video needs `thumb_media_id`, as the page has it; old clients cannot give one."""
    music_needs_title: bool = False
    """Music needs a title and a description too, as the new page has it."""
    image_limit_is_2_mb: bool = False
    """An image may have 2 MB, as a note says, instead of the 10 MB of the table."""
    media_message_limit: int = 0
    """A temporary file that was in so many messages answers 40007 in the next; a note says 10; 0: no limit."""
    thumb_media_id_key: bool = False
    """An uploaded thumb answers `thumb_media_id` instead of `media_id`."""
    kf_daily_limit: int = 0
    """Calls a day of each kf path; 0: no limit, as none is published."""
    minute_limit: int = 0
    """Calls a minute of each path without a limit of its own; 0: no limit."""
    quota_reset_hour: int = 0
    """The hour in Beijing at which the calls of a day, and of a month, are counted anew."""
    unknown_quota_path_code: int = 76021
    """What the quota calls answer for a path that does not exist; one sentence of the page says 76003."""
    early_forced_refresh_code: int = 0
    """What a forced token refresh answers when it is too early or too frequent; 0: the current token."""
    token_kinds_displace: bool = False
    """A token of either kind retires the one of the other kind, as one report has it."""
    wrong_secret_code: int = 40125
    """What the token calls answer to a wrong secret; 40001 is documented too."""
    ip_whitelist: str = ""
    """Addresses, separated by blanks, that may fetch a token; others get 40164; empty: all may."""
    token_outcome_code: int = 0
    """What the token calls answer to good credentials: 40243, 50004, 50007, 89501, 89503, 89506, 89507; 0: a token."""
    unfollowed_send_code: int = 45015
    """What custom/send answers for a customer who no longer follows."""
    plain_push_openid: bool = True
    """The query of a push in plain mode has `openid`, as it was seen in secure mode."""
    passive_replies_count: bool = False
    """A reply in the answer of a push uses up one of the replies the API may send."""
    push_retry_seconds: float = 5.0
    """A push that was not answered is repeated after so long."""

    def code_for_missing(self, by_analogy: int) -> int:
        """Return what a missing field answers, where `by_analogy` is the code of a bad value."""
        return self.missing_field_code or by_analogy


_CHOICES = {
    "empty_agent_list_shape": ("empty", "null", "absent"),
    "getsession_empty_shape": ("empty", "absent", "errcode"),
    "window_combination": ("per_class", "one", "added", "latest"),
    "errmsg_suffix": ("rid", "hint", "both"),
    "user_profile": ("empty", "absent", "old"),
}
_MOST = {"quota_reset_hour": 23}
_LARGEST = 2**31


def changed(switches: Switches, values: Mapping[str, object]) -> Switches:
    """Return the switches with `values` set.

    Raises:
        ValueError: A name is unknown or a value does not fit; the message names it and the fix.
    """
    known = {field.name: field.default for field in fields(Switches)}
    accepted: dict[str, object] = {}
    for name, value in values.items():
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
            raise ValueError(f"unknown switch {name!r}; did you mean {nearest!r}?")
        accepted[name] = _checked(name, value, known[name])
    return replace(switches, **accepted)  # type: ignore[arg-type]  # each value was checked against its field


def _checked(name: str, value: object, default: object) -> object:
    kind = type(default)
    if type(value) is not kind and (kind is not float or type(value) is not int):
        raise ValueError(f"switch {name!r} wants a {kind.__name__}, not {value!r}")
    choices = _CHOICES.get(name, ())
    if choices and value not in choices:
        raise ValueError(f"switch {name!r} wants one of {', '.join(choices)}, not {value!r}")
    if name.endswith("_code"):
        if value not in TEXTS or (default and not value):
            raise ValueError(f"switch {name!r} wants a code of WeChat's, such as {default or 40003}, not {value!r}")
    elif isinstance(value, int | float):
        most = _MOST.get(name, _LARGEST)
        if not 0 <= value <= most:
            raise ValueError(f"switch {name!r} wants a number from 0 to {most}, not {value!r}")
    elif name.endswith("_content_type") and not (str(value).isascii() and str(value).isprintable()):
        raise ValueError(f"switch {name!r} wants one line of ASCII, not {value!r}")
    return float(value) if kind is float and isinstance(value, int) else value
