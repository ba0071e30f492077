"""Both catalogues have every text, whole and with the same places to fill in; no text goes past them."""

import ast
import re
from collections.abc import Callable
from string import Formatter
from typing import TypeGuard

import pytest
from babel.messages.catalog import Catalog, Message

from tests.rooms import FILES, calls, each_room, named, parsed
from tools import catalogues

TEMPLATE = catalogues.extract()
LANGUAGES = ("zh_CN", "en")
SHOWN_BY = {"notify", "Static", "Label", "Button", "Option", "talk", "complain", "emit", "Toast", "prompt", "confirm"}
"""Calls whose text a person reads: it has to come out of a catalogue."""
SHOWN_AS = {"help", "short_help", "placeholder", "border_title", "border_subtitle", "label", "tooltip", "hint"}
"""Keywords and attributes whose text a person reads."""


def forms(text: object) -> tuple[str, ...]:
    """Return the singular and, where there is one, the plural."""
    return tuple(map(str, text)) if isinstance(text, tuple | list) else (str(text),)


def texts(catalogue: Catalog) -> dict[tuple[str, ...], Message]:
    return {forms(message.id): message for message in catalogue if message.id}


def places(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_has_exactly_the_texts_of_the_source(language: str) -> None:
    ours, theirs = texts(TEMPLATE).keys(), texts(catalogues.load(language)).keys()

    assert sorted(ours - theirs) == [], "run make catalogues"
    assert sorted(theirs - ours) == [], "run make catalogues"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    catalogue = catalogues.load(language)
    missing = [message.id for message in catalogue if message.id and not catalogues.is_translated(message)]

    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_a_guess_or_left_over(language: str) -> None:
    catalogue = catalogues.load(language)

    assert [message.id for message in catalogue if message.fuzzy] == []
    assert list(catalogue.obsolete) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_fill_in_the_same_values(language: str) -> None:
    for ids, message in texts(catalogues.load(language)).items():
        expected = set[str]().union(*map(places, ids))
        for translation in forms(message.string):
            if translation:
                # A singular may leave the number out: "1" is in its words.
                assert places(translation) <= expected, ids
                assert len(ids) > 1 or places(translation) == expected, ids


@pytest.mark.parametrize("language", LANGUAGES)
def test_plurals_have_all_forms_of_the_language(language: str) -> None:
    catalogue = catalogues.load(language)
    for ids, message in texts(catalogue).items():
        if len(ids) > 1:
            assert len(forms(message.string)) == catalogue.num_plurals, ids


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_begin_and_end_like_their_text(language: str) -> None:
    def edges(text: str) -> tuple[str, str]:
        return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]

    for ids, message in texts(catalogues.load(language)).items():
        for translation in forms(message.string):
            assert not translation or edges(translation) == edges(ids[0]), ids


def test_english_says_what_the_source_says() -> None:
    assert all(forms(message.string) == ids for ids, message in texts(catalogues.load("en")).items())


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def is_words(node: ast.expr | None) -> bool:
    """Whether the expression is a text with words of its own, such as "Saved" or f"{count} left"."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return bool(re.search(r"[A-Za-z\u4e00-\u9fff]{2,}", node.value.replace("kfconsole", "")))
    return isinstance(node, ast.JoinedStr) and any(is_words(part) for part in node.values)


def is_looked_up(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and name_of(node) in ("_", "N_", "ngettext")


def faults(room: str, is_fault: Callable[[ast.Call], bool]) -> list[str]:
    """Where in a room a call is one."""
    return [f"{named(file)}:{call.lineno}" for file in FILES[room] for call in calls(file) if is_fault(call)]


@pytest.mark.parametrize("room", sorted(FILES.keys() - {"i18n"}))
def test_only_plain_texts_are_looked_up(room: str) -> None:
    def is_other(call: ast.Call) -> bool:
        if not is_looked_up(call):
            return False
        looked_up = call.args[: 2 if name_of(call) == "ngettext" else 1]
        if any(isinstance(argument, ast.Constant) and not argument.value for argument in looked_up):
            return True  # '' is the catalogue's header
        # A table's text was marked by N_ and is looked up where it is shown.
        made = ast.JoinedStr | ast.BinOp if name_of(call) == "_" else ast.expr
        return any(isinstance(argument, made) and not isinstance(argument, ast.Constant) for argument in looked_up)

    assert faults(room, is_other) == []


@each_room
def test_no_text_hides_from_the_catalogues_inside_of_another(room: str) -> None:
    hidden = set[str]()
    for file in FILES[room]:
        nodes = list(ast.walk(parsed(file)))
        outer: list[ast.expr] = [node for node in nodes if isinstance(node, ast.JoinedStr)]
        outer += [argument for node in nodes if is_looked_up(node) for argument in node.args]
        inner = (node for outside in outer for node in ast.walk(outside) if is_looked_up(node))
        # What collects the texts looks neither into f-strings nor into what is looked up.
        hidden |= {f"{named(file)}:{call.lineno}" for call in inner if isinstance(call.args[0], ast.Constant)}

    assert hidden == set()


@pytest.mark.parametrize("room", ["ui", "cli"])
def test_no_text_goes_past_the_catalogues(room: str) -> None:
    def is_past(call: ast.Call) -> bool:
        shown = [keyword.value for keyword in call.keywords if keyword.arg in SHOWN_AS]
        shown += call.args[:1] if name_of(call) in SHOWN_BY else []
        return any(map(is_words, shown))

    assert faults(room, is_past) == []


@each_room
def test_errors_speak_through_the_catalogues(room: str) -> None:
    errors = {"KfError", "ConfigError", "ArchiveError", "NotPossible", "AuthError", "RateLimited", "Unavailable"}
    errors |= {"Rejected"}

    assert faults(room, lambda call: name_of(call) in errors and any(map(is_words, call.args[:1]))) == []
