"""What each number of a report means, in the words printed with it."""

from typing import Final

from kfconsole.desk.reporting.figures import Excluded, Figures, Metric
from kfconsole.desk.reporting.telling import span
from kfconsole.i18n import N_, _, ngettext

_TITLES: Final = {
    Metric.CUSTOMERS: N_("customers"),
    Metric.WAITS: N_("waits"),
    Metric.ABANDONED: N_("abandoned"),
    Metric.SESSIONS: N_("sessions"),
    Metric.FIRST_RESPONSE: N_("first response"),
    Metric.RESPONSE: N_("response"),
    Metric.HANDLING: N_("handling time"),
    Metric.RECEIVED: N_("received"),
    Metric.SENT: N_("replies"),
    Metric.SENT_BY_MACHINE: N_("by machine"),
}

_DEFINITIONS: Final = {
    Metric.CUSTOMERS: N_("Customers who waited, were served, wrote or were written to; each counts once in each row."),
    Metric.WAITS: N_(
        "Waits that ended with an agent: from the first message of the customer to the moment WeChat gives for the "
        "beginning of the session. A wait counts in the hour in which it began, and for the agent who took it. Of "
        "messages between two looks at the queue only the last is known: such a wait is some seconds longer."
    ),
    Metric.ABANDONED: N_(
        "Customers who left the queue without having been served. When they left is known as exactly as the queue "
        "was asked for."
    ),
    Metric.SESSIONS: N_("Sessions that began; one that was transferred is a session of each agent."),
    Metric.FIRST_RESPONSE: N_("From the beginning of a session to the first reply in it that a person wrote."),
    Metric.RESPONSE: N_(
        "From the first message a customer wrote in a session since the last reply, to the next reply that a person "
        "wrote; it counts for the agent who replied. What was written while waiting belongs to the wait."
    ),
    Metric.HANDLING: N_(
        "From the beginning of a session to its end. WeChat's lists do not tell when it ended: without a record of "
        "the end, it is when the console noticed: some seconds late, up to a minute if the agent serves as many as "
        "before, and more while calls are saved."
    ),
    Metric.RECEIVED: N_(
        "Messages of customers in WeChat's records; of what was written while waiting there may be no record."
    ),
    Metric.SENT: N_(
        "Messages of agents, from WeChat's records and from this archive. What other programs sent may be in neither."
    ),
    Metric.SENT_BY_MACHINE: N_("Messages marked as written by a machine; they count as no reply."),
}

_PERCENTILES: Final = N_(
    "p50 and p90 by nearest rank: the smallest value that at least 50 or 90 percent of the values do not exceed. All "
    "spans are in whole seconds, as WeChat's times are."
)
_EXCLUSION: Final = N_(
    "What was not seen is in no number; it is counted below the table. Hours in which nobody watched the queue may "
    "hide waits that nothing tells of."
)


def metric_title(metric: Metric) -> str:
    """Return what a number is called."""
    return _(_TITLES[metric])


def definitions() -> tuple[tuple[str, str], ...]:
    """Return the numbers by name, with what each means; in the end what holds for all, under no name."""
    named = tuple((_(_TITLES[metric]), _(words)) for metric, words in _DEFINITIONS.items())
    return (*named, ("", _(_PERCENTILES)), ("", _(_EXCLUSION)))


def definition_lines() -> tuple[str, ...]:
    """Return what each number means, a line each."""
    return tuple(
        _("{name}: {meaning}").format(name=name, meaning=words) if name else words for name, words in definitions()
    )


def excluded_words(what: Excluded, count: int) -> str:
    """Say how many of something are in no number, and why."""
    match what:
        case Excluded.WAIT_BEGAN_UNSEEN:
            words = ngettext("{count} wait (began unseen)", "{count} waits (began unseen)", count)
        case Excluded.WAIT_ENDED_UNSEEN:
            words = ngettext("{count} wait (ended unseen)", "{count} waits (ended unseen)", count)
        case Excluded.WAIT_GOES_ON:
            words = ngettext(
                "{count} wait (goes on, or was not seen to end)",
                "{count} waits (go on, or were not seen to end)",
                count,
            )
        case Excluded.WAIT_UNSEEN:
            words = ngettext(
                "the wait before {count} session (none was seen)",
                "the waits before {count} sessions (none was seen)",
                count,
            )
        case Excluded.SESSION_ENDED_UNSEEN:
            words = ngettext(
                "handling time of {count} session (not seen to end)",
                "handling time of {count} sessions (not seen to end)",
                count,
            )
        case Excluded.SESSION_UNSEEN:
            words = ngettext(
                "first response of {count} session (not watched until then)",
                "first response of {count} sessions (not watched until then)",
                count,
            )
        case Excluded.NOT_ANSWERED:
            words = ngettext(
                "first response of {count} session (no reply)",
                "first response of {count} sessions (no reply)",
                count,
            )
        case Excluded.RECORDS_MISSING:
            words = ngettext(
                "first response of {count} session (records missing)",
                "first response of {count} sessions (records missing)",
                count,
            )
        case Excluded.TURN_NOT_ANSWERED:
            words = ngettext(
                "response to {count} message (no reply before the end)",
                "response to {count} messages (no reply before the end)",
                count,
            )
        case Excluded.TURN_RECORDS_MISSING:
            words = ngettext(
                "response to {count} message (records missing)",
                "response to {count} messages (records missing)",
                count,
            )
        case Excluded.TURN_UNSEEN:
            words = ngettext(
                "response to {count} message (session not watched until then)",
                "response to {count} messages (session not watched until then)",
                count,
            )
        case Excluded.SEND_UNKNOWN:
            words = ngettext("{count} reply (outcome unknown)", "{count} replies (outcome unknown)", count)
    return words.format(count=count)


def exclusions(figures: Figures) -> tuple[str, ...]:
    """Return a line for everything that is in no number."""
    lines = [excluded_words(what, figures.excluded[what]) for what in Excluded if figures.excluded.get(what)]
    if figures.unwatched_seconds:
        words = _("{span} in which nobody watched the queue")
        lines.append(words.format(span=span(figures.unwatched_seconds)))
    if figures.records_missing_seconds:
        words = _("{span} of which WeChat's records were not fetched")
        lines.append(words.format(span=span(figures.records_missing_seconds)))
    return tuple(lines)
