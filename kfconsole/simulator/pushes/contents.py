"""What is pushed: WeChat's fields for what happens in the world.

Imports only people, switches and the XML of pushes.
"""

from kfconsole.simulator.people import Event
from kfconsole.simulator.pushes.xml import Value
from kfconsole.simulator.switches import Switches

Fields = dict[str, Value]


def push_fields(event: Event, switches: Switches) -> Fields | None:
    """Return the fields after the envelope, or nothing when WeChat does not push this.

    Messages in a session go to its agent alone; payments, places in the queue and agents who log in are never pushed.
    """
    agent = event.kf_account
    match event.kind:
        case "said":
            return None if agent else dict(event.details)
        case "acted":
            return _acted(event)
        case "accepted":
            return _event("kf_create_session", KfAccount=agent)
        case "created" if switches.api_session_events:
            return _event("kf_create_session", KfAccount=agent)
        case "closed" if switches.api_session_events or event.details.get("by") != "api":
            return _event("kf_close_session", KfAccount=agent)
        case "expired" if switches.expiry_session_events:
            return _event("kf_close_session", KfAccount=agent)
        case "transferred":
            return _event(
                "kf_switch_session", FromKfAccount=str(event.details.get("from_account", "")), ToKfAccount=agent
            )
    return None


def _acted(event: Event) -> Fields | None:
    told = {name: str(value) for name, value in event.details.items()}
    key, ticket = told.get("key", ""), told.get("ticket", "")
    match event.text:
        case "follow" if key:
            return _event("subscribe", EventKey=f"qrscene_{key}", Ticket=ticket)
        case "follow":
            return _event("subscribe")
        case "unfollow":
            return _event("unsubscribe")
        case "scan":
            return _event("SCAN", EventKey=key, Ticket=ticket)
        case "click" | "view":
            return _event(event.text.upper(), EventKey=key)
        case "scancode_push" | "scancode_waitmsg":
            scanned = {"ScanType": told.get("scan_type", "qrcode"), "ScanResult": told.get("scan_result", "")}
            return _event(event.text, EventKey=key, ScanCodeInfo=scanned)
    return None


def _event(name: str, **fields: Value) -> Fields:
    return {"MsgType": "event", "Event": name, **fields}
