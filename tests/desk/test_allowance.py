"""How many replies are left, and until when, by what was seen; a bound or a `?` where something was not."""

import math

import pytest
from msgspec.structs import replace

from kfconsole.desk import rules
from kfconsole.desk.allowances import WindowRule
from kfconsole.model import Allowance, Budget, Contact, CustomerAct, CustomerId, Desk, Feed, Health, Window

ANN = CustomerId("oAnn-abcdef")
HOUR = 3600.0
T = 1_000_000.0
MESSAGE, MENU, PAY = CustomerAct.MESSAGE, CustomerAct.MENU, CustomerAct.PAY


def seen(*windows: Window) -> Contact:
    """A customer of whom everything was seen."""
    return Contact(ANN, windows=windows, records_seen_since_at=T - 90 * HOUR, sends_seen_since_at=T - 90 * HOUR)


def wrote(sent: int = 0, at: float = T) -> Window:
    return Window(MESSAGE, at, sent)


@pytest.mark.parametrize(
    ("sent", "now", "expected"),
    [
        (0, T, Allowance(5, T + 48 * HOUR)),
        (3, T + 100, Allowance(2, T + 48 * HOUR)),
        (5, T + 100, Allowance(0, T + 48 * HOUR)),
        (1, T + 48 * HOUR - 1, Allowance(4, T + 48 * HOUR)),
        (1, T + 48 * HOUR, Allowance(0, T + 48 * HOUR)),
    ],
)
def test_a_message_lets_us_reply_five_times_in_48_hours(sent: int, now: float, expected: Allowance) -> None:
    assert rules.allowance(seen(wrote(sent)), now) == expected


def test_a_customer_of_whom_no_act_is_known_has_no_number() -> None:
    assert rules.allowance(seen(), T) is None


def test_a_change_of_wechats_numbers_is_one_line() -> None:
    twenty = {**rules.WINDOW_RULES, MESSAGE: WindowRule(replies=20, seconds=24 * HOUR)}

    assert rules.allowance(seen(wrote(sent=6)), T, twenty) == Allowance(14, T + 24 * HOUR)


def test_counts_never_add_up_and_the_time_is_that_of_the_count() -> None:
    contact = seen(wrote(sent=4), Window(MENU, T + 50, sent=1))

    assert rules.allowance(contact, T + 60) == Allowance(2, T + 110, MENU)
    assert rules.allowance(contact, T + 110) == Allowance(1, T + 48 * HOUR)
    fresh = seen(wrote(sent=1), Window(MENU, T + 50))
    assert rules.allowance(fresh, T + 60) == Allowance(4, T + 48 * HOUR)


def test_a_payment_lets_us_reply_as_often_as_we_like() -> None:
    contact = seen(wrote(sent=5), Window(PAY, T + 100, sent=9))

    assert rules.allowance(contact, T + 200) == Allowance(None, T + 100 + 48 * HOUR, PAY, is_unlimited=True)
    assert rules.allowance(contact, T + 101 + 48 * HOUR) == Allowance(0, T + 100 + 48 * HOUR, PAY)


def test_where_the_records_were_not_read_the_customer_may_have_written_again() -> None:
    contact = replace(seen(wrote(sent=5)), records_seen_since_at=T + 10)

    assert rules.allowance(contact, T + 20) == Allowance(None, T + 48 * HOUR, is_exact=False)
    assert rules.allowance(contact, T + 48 * HOUR) is None
    assert rules.allowance(contact, T + 11 + 96 * HOUR) == Allowance(0, T + 48 * HOUR)
    tapped = replace(seen(Window(MENU, T)), records_seen_since_at=T - 10)
    assert rules.allowance(tapped, T + 5) == Allowance(None, T + 60, MENU, is_exact=False)


def test_where_our_own_sends_were_not_seen_only_nothing_left_is_certain() -> None:
    contact = replace(seen(wrote(sent=4)), sends_seen_since_at=T + 10)

    assert rules.allowance(contact, T + 20) == Allowance(None, T + 48 * HOUR)
    used_up = replace(contact, windows=(wrote(sent=5),))
    assert rules.allowance(used_up, T + 20) == Allowance(0, T + 48 * HOUR)
    later = replace(contact, windows=(wrote(sent=4), Window(MENU, T + 15, sent=1)))
    assert rules.allowance(later, T + 20) == Allowance(2, T + 75, MENU)
    same_second = replace(contact, sends_seen_since_at=T + 0.9)
    assert rules.allowance(same_second, T + 20) == Allowance(1, T + 48 * HOUR)


def test_when_wechat_says_that_nothing_is_left_that_holds_until_the_customer_acts() -> None:
    refused = replace(seen(Window(MESSAGE, T, sent=2, is_used_up=True)), refused_at=T + 10)

    assert rules.allowance(refused, T + 20) == Allowance(0, T + 48 * HOUR, is_refused=True)
    assert rules.allowance(refused, T + 49 * HOUR) == Allowance(0, T + 48 * HOUR)
    scanned = replace(refused, windows=(*refused.windows, Window(CustomerAct.SCAN, T + 30)))
    assert rules.allowance(scanned, T + 40) == Allowance(3, T + 90, CustomerAct.SCAN)
    unread = replace(refused, records_seen_since_at=T + 11)
    assert rules.allowance(unread, T + 20) is None
    unread = replace(refused, records_seen_since_at=T + 9)
    assert rules.allowance(unread, T + 20) == Allowance(0, T + 48 * HOUR, is_refused=True)


def test_wechats_word_counts_also_where_no_act_is_known() -> None:
    contact = replace(seen(), refused_at=T + 10)

    assert rules.allowance(contact, T + 20) == Allowance(0, T + 10, is_refused=True)


def test_more_replies_taken_than_the_known_act_allows_prove_another() -> None:
    assert rules.allowance(seen(wrote(sent=6)), T + 20) == Allowance(None, T + 48 * HOUR)
    assert rules.allowance(seen(wrote(sent=7), Window(MENU, T + 5, sent=3)), T + 90) == Allowance(0, T + 48 * HOUR)


def test_while_the_records_are_not_read_nothing_recent_counts_as_seen() -> None:
    contact = seen(wrote(sent=1))
    desk = Desk(contacts={ANN: contact}, health={Feed.MESSAGES: Health(succeeded_mono=5_000.0)})
    unseen = Allowance(None, T + 48 * HOUR, is_exact=False)

    assert rules.allowance_of(desk, ANN, T + 20, 5_010.0) == Allowance(4, T + 48 * HOUR)
    assert rules.allowance_of(desk, ANN, T + 20, 5_400.0) == unseen
    slowed = replace(desk, budgets={Feed.MESSAGES: Budget(500, 10, interval_seconds=600.0)})
    assert rules.allowance_of(slowed, ANN, T + 20, 5_400.0) == Allowance(4, T + 48 * HOUR)
    assert rules.allowance_of(Desk(contacts={ANN: contact}), ANN, T + 20, 5_010.0) == unseen
    assert rules.allowance_of(desk, CustomerId("nobody"), T + 20, 5_010.0) is None
    assert Contact(ANN).records_seen_since_at == math.inf
