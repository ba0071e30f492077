"""What custom/send and custom/typing do: every gate in the documented order, then the message at the customer.

Imports only codes, messages, people, records and world.
"""

from collections.abc import Mapping

from kfconsole.simulator import records as book
from kfconsole.simulator.codes import Refused
from kfconsole.simulator.messages import Account, check_message, is_ai
from kfconsole.simulator.people import Customer, Sent
from kfconsole.simulator.world import World

TYPING_SECONDS = 15.0
EXCHANGE_SECONDS = 30.0  # typing needs a message either way within this


def send(world: World, message: Mapping[str, object]) -> Sent:
    """Deliver a message of custom/send, or refuse it."""
    customer = world.find_customer(message.get("touser"))
    now = world.clock.now()
    if not customer.is_following:
        raise Refused(world.switches.unfollowed_send_code)
    _check_reach(customer)
    customer.windows.check(now)
    account = Account(world.switches, world.media, now)
    message_type, text = check_message(message, account)
    kf_account = _named_agent(world, message.get("customservice"))
    sent = Sent(customer.openid, kf_account, message_type, text, now, is_ai(message), message)
    customer.windows.use(now)
    for medium in account.used:
        medium.message_count += 1
    worker = kf_account or world.holder(customer.openid)
    world.records.write(now, customer.openid, book.AGENT_SENT, worker=worker, text=text, is_api_send=True)
    world.deliver(sent)
    return sent


def show_typing(world: World, openid: object, command: object) -> None:
    """Show or hide the typing state at the customer."""
    customer, switches, now = world.find_customer(openid), world.switches, world.clock.now()
    if command not in ("Typing", "CancelTyping"):
        raise Refused(45072)
    _check_reach(customer)
    try:
        customer.windows.check(now)
    except Refused as refused:
        raise Refused(switches.typing_outside_window_code) from refused
    is_typing = command == "Typing"
    if not is_typing and now >= customer.typing_until and switches.idle_cancel_typing_code:
        raise Refused(switches.idle_cancel_typing_code)
    if (is_typing or switches.cancel_typing_needs_exchange) and now - customer.exchanged_at > EXCHANGE_SECONDS:
        raise Refused(45080)
    if is_typing and now < customer.typing_until:
        raise Refused(45081)
    customer.typing_until = now + TYPING_SECONDS if is_typing else 0.0


def _check_reach(customer: Customer) -> None:
    if customer.is_blacklisted or customer.blocks_messages:
        raise Refused(43019 if customer.is_blacklisted else 48002)


def _named_agent(world: World, customservice: object) -> str:
    """Return the agent a message is sent in the name of; empty when none is named."""
    if customservice is None:
        return ""
    kf_account = customservice.get("kf_account") if isinstance(customservice, Mapping) else None
    if not isinstance(kf_account, str) or kf_account not in world.agents:
        raise Refused(world.switches.unknown_sender_code)
    return kf_account
