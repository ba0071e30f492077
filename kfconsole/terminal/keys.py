"""What keys are called, by people and by Textual, and which of them a terminal can send.

What arrives was measured with Textual's own reader, with the keyboard mode of Kitty off: that mode breaks input
methods, so the console never asks for it.
"""

import unicodedata
from collections.abc import Mapping

from kfconsole.i18n import N_, _, sentences
from kfconsole.text import clean, clip, one_line

_MODIFIER_NAMES = {
    "alt": "alt",
    "meta": "alt",
    "opt": "alt",
    "option": "alt",
    "m": "alt",
    "ctrl": "ctrl",
    "control": "ctrl",
    "ctl": "ctrl",
    "c": "ctrl",
    "shift": "shift",
    "s": "shift",
    "super": "super",
    "cmd": "super",
    "command": "super",
    "win": "super",
}
_NAMES = {
    "esc": "escape",
    "return": "enter",
    "cr": "enter",
    "del": "delete",
    "ins": "insert",
    "bs": "backspace",
    "bksp": "backspace",
    "spc": "space",
    "pgup": "pageup",
    "page_up": "pageup",
    "pgdn": "pagedown",
    "pgdown": "pagedown",
    "page_down": "pagedown",
    "↑": "up",
    "↓": "down",
    "←": "left",
    "→": "right",
    "空格": "space",
    "回车": "enter",
    "退格": "backspace",
    "删除": "delete",
    "制表": "tab",
    "逗号": "comma",
    "上": "up",
    "下": "down",
    "左": "left",
    "右": "right",
    "上页": "pageup",
    "下页": "pagedown",
}
_ARROWS = {"up": "↑", "down": "↓", "left": "←", "right": "→"}
_MOVES = (*_ARROWS, "home", "end", "pageup", "pagedown", "delete")
_FUNCTION = tuple(f"f{number}" for number in range(1, 25))
_ALONE = (*_MOVES, *_FUNCTION, "insert", "tab", "enter", "escape", "space", "backspace")
_SHOWN = {
    **_ARROWS,
    "escape": "Esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "delete": "Del",
    "insert": "Ins",
    "ctrl+@": "Ctrl+Space",
}
_PUNCTUATION_NAMES = {  # the others have the names Unicode gives them
    "/": "slash",
    "\\": "backslash",
    "@": "at",
    "-": "minus",
    "+": "plus",
    "_": "underscore",
}
_NAMED = {
    _PUNCTUATION_NAMES.get(sign, unicodedata.name(sign).lower().replace("-", "_").replace(" ", "_")): sign
    for sign in map(chr, range(0x21, 0x7F))
    if not sign.isalnum()
}
_SIGNS = {sign: name for name, sign in _NAMED.items()}
_CTRL_SIGNS = ("@", "backslash", "right_square_bracket", "circumflex_accent", "underscore")
_SENT_INSTEAD = {
    "ctrl+h": "backspace",
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+left_square_bracket": "escape",
    "ctrl+slash": "ctrl+underscore",
    "alt+b": "ctrl+left",  # as some terminals move by words
    "alt+f": "ctrl+right",
}
FIXED = {
    "ctrl+q": N_("it always leaves the console"),
    "ctrl+c": N_("it copies what is selected"),
    "escape": N_("it always goes a step back"),
}
"""Keys that are nobody's to give away, so that nobody is locked in."""


def parse(written: str) -> str:
    """Return a key in Textual's name, from what people write: `Ctrl+R`, `^R`, `Esc`, `?`, `A`, `空格`.

    Raises:
        ValueError: There is no such key; the text says so and names the nearest.
    """
    name = unicodedata.normalize("NFKC", written.strip()) or ("space" if written else "")
    modifiers: list[str] = []
    if len(name) > 1 and name[0] == "^":
        modifiers, name = ["ctrl"], name[1:]
    while (cut := _first_cut(name)) and (modifier := _MODIFIER_NAMES.get(name[:cut].strip().casefold())):
        modifiers.append(modifier)
        name = name[cut + 1 :].strip()
    return _joined(set(modifiers), _base(name, written))


def _first_cut(name: str) -> int:
    """Return where the first `+` or `-` between two parts stands; 0 when there is none."""
    return next((place for place, sign in enumerate(name[:-1]) if sign in "+-" and place), 0)


def _base(name: str, written: str) -> str:
    if len(name) == 1 and name not in _NAMES and name.isprintable():
        return _SIGNS.get(name, name)
    folded = name.casefold().replace(" ", "_").replace("-", "_")
    folded = _NAMES.get(folded, folded)
    if folded in _ALONE or folded in _NAMED:
        return folded
    raise ValueError(_unknown(written, folded))


def _unknown(written: str, folded: str) -> str:
    from difflib import get_close_matches

    problem = _("{key} is no key.").format(key=f"“{clip(one_line(clean(written)), 20)}”")
    names = {name.casefold(): shown(name) for name in (*_ALONE, *_NAMED)} | {alias: alias for alias in _NAMES}
    if near := get_close_matches(folded, names, n=1):
        return sentences(problem, _("Did you mean {name}?").format(name=names[near[0]]))
    return sentences(problem, _("Write keys as a, ?, F5, Esc, Space or Ctrl+R."))


def _joined(modifiers: set[str], base: str) -> str:
    if len(base) == 1 and base.isalpha():
        if modifiers - {"shift"}:
            base = base.lower()  # Ctrl+R is the key r, however it is written
        elif "shift" in modifiers:
            modifiers, base = set(), base.upper()
    if base in ("space", "at") and modifiers == {"ctrl"}:
        base = "@"
    return "+".join((*sorted(modifiers), base))


def spellings(key: str) -> tuple[str, ...]:
    """Return every name under which a key may arrive."""
    return (key, f"shift+{key.lower()}") if len(key) == 1 and key.isupper() else (key,)


def shown(key: str) -> str:
    """Write a key as people read it: `ctrl+j` becomes `Ctrl+J`."""
    if key in _SHOWN:
        return _SHOWN[key]
    *modifiers, base = key.split("+")
    if modifiers and len(base) == 1:
        base = base.upper()
    else:
        base = _SHOWN.get(base) or _NAMED.get(base) or (base if len(base) == 1 else base.capitalize())
    return "+".join((*(modifier.capitalize() for modifier in modifiers), base))


def writes(key: str) -> bool:
    """Whether a key writes, or takes away, a character where somebody types."""
    return len(key) == 1 or key in _NAMED or key in ("space", "backspace", "delete")


def obstacle(key: str) -> str:
    """Say why no terminal sends a key, or not to us; empty when it does."""
    if instead := _sent_instead(key):
        return _("a terminal sends {other} for it").format(other=shown(instead))
    *modifiers, base = key.split("+")
    if "super" in modifiers:
        return _("the window system keeps it")
    if not modifiers:
        is_typed = len(base) > 1 or unicodedata.east_asian_width(base) not in "WF"
        return "" if is_typed else _("an input method writes it")
    is_sent = {
        ("ctrl",): _is_letter(base) or base in _CTRL_SIGNS or base in _MOVES or base in _FUNCTION[:12],
        ("shift",): base in _MOVES or base == "tab",
        ("ctrl", "shift"): base in _MOVES,
        ("alt",): _is_letter(base) or base == "enter",
        ("alt", "shift"): _is_letter(base),
    }
    return "" if is_sent.get(tuple(modifiers), False) else _("a terminal does not send it")


def _is_letter(base: str) -> bool:
    return len(base) == 1 and base.isascii() and base.isalpha()


def _sent_instead(key: str) -> str:
    """Return the key that arrives when another one is pressed; empty when it is none, or the key itself."""
    *modifiers, base = key.split("+")
    if key in _SENT_INSTEAD or not modifiers or "super" in modifiers:
        return _SENT_INSTEAD.get(key, "")
    if base in ("enter", "space", "escape", "backspace") and key != "alt+enter":
        return base
    if _is_letter(base) and "ctrl" in modifiers and len(modifiers) > 1:
        return _SENT_INSTEAD.get(f"ctrl+{base}", f"ctrl+{base}")
    if len(base) == 1 and base.isdigit() and "ctrl" in modifiers:
        return base
    return ""


def caution(key: str, environ: Mapping[str, str], platform: str) -> str:
    """Say what may swallow a key on its way though the terminal sends it; empty when nothing is known.

    Args:
        key: In Textual's name.
        environ: The variables of this process.
        platform: As `sys.platform` has it.
    """
    if key == "ctrl+b" and environ.get("TMUX"):
        return _("tmux takes Ctrl+B for itself, unless it has another prefix.")
    if key == "ctrl+a" and environ.get("STY"):
        return _("screen takes Ctrl+A for itself, unless it has another prefix.")
    is_mac = platform == "darwin" or environ.get("TERM_PROGRAM") in ("Apple_Terminal", "iTerm.app")
    if key.startswith("alt+") and is_mac:
        return _("On a Mac {key} arrives only when the terminal's Option key is set to Meta or Esc+.").format(
            key=shown(key)
        )
    if key == "f11":
        return _("Many terminals take F11 to fill the screen.")
    return ""
