"""Brings the catalogues up to date with the source: `make catalogues`.

Every text inside `_()`, `N_()` and `ngettext()` is collected into both catalogues. English answers with the text
itself; what Chinese lacks is printed for the translator.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = ("zh_CN", "en")
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
PEOPLE = "The kfconsole developers"
BEGAN = datetime(2026, 11, 22, tzinfo=UTC)  # one date for ever: a date of each run makes every change look big
HEADER = "# {language} texts of kfconsole.\n# Kept up to date by `make catalogues`."


def path_of(language: str) -> Path:
    """Return where the catalogue of a language is."""
    return ROOT / "kfconsole" / "locale" / language / "LC_MESSAGES" / "kfconsole.po"


def extract(root: Path = ROOT) -> Catalog:
    """Collect the texts of the source, with their files."""
    template = Catalog(project="kfconsole", charset="utf-8")
    found = extract_from_dir(str(root / "kfconsole"), [("**.py", "python")], keywords=KEYWORDS, comment_tags=("i18n:",))
    for file, _line, text, comments, _context in found:
        template.add(text, locations=[(f"kfconsole/{file}", 0)], auto_comments=comments)
    return template


def load(language: str) -> Catalog:
    """Read a catalogue; a missing one is empty."""
    if not path_of(language).exists():
        return Catalog(locale=language, charset="utf-8", fuzzy=False, creation_date=BEGAN, revision_date=BEGAN)
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def save(language: str, catalogue: Catalog) -> None:
    """Write a catalogue in an order that does not depend on the source, so that merges are quiet."""
    catalogue.header_comment = HEADER.format(language=language)
    catalogue.project, catalogue.version = "kfconsole", "1"
    catalogue.msgid_bugs_address, catalogue.last_translator, catalogue.language_team = "", PEOPLE, PEOPLE
    path_of(language).parent.mkdir(parents=True, exist_ok=True)
    with path_of(language).open("wb") as file:
        write_po(file, catalogue, width=120, sort_output=True, include_lineno=False, ignore_obsolete=True)


def answer_with_itself(message: Message) -> None:
    """Give a text that has no translation its own words."""
    if not is_translated(message):
        message.string = message.id


def is_translated(message: Message) -> bool:
    """Whether the text has all its translations."""
    return all(message.string) if isinstance(message.string, list | tuple) else bool(message.string)


def update() -> None:
    """Bring the texts of the source into both catalogues, and name those without a translation."""
    template = extract()
    for language in LANGUAGES:
        catalogue = load(language)
        # No guessing: a wrong guess looks like a translation.
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        if language == "en":
            for message in catalogue:
                if message.id:
                    answer_with_itself(message)
        save(language, catalogue)
        missing = [message.id for message in catalogue if message.id and not is_translated(message)]
        print(f"{language}: {len(catalogue)} texts, {len(missing)} without a translation")
        for text in missing:
            print(f"  {text!r}")


def compile_all() -> None:
    """Write the files that gettext reads."""
    for language in LANGUAGES:
        with path_of(language).with_suffix(".mo").open("wb") as file:
            write_mo(file, load(language))


def main(words: Sequence[str]) -> int:
    """Run `update` (which also compiles) or `compile`."""
    match words:
        case []:
            update()
        case ["compile"]:
            pass
        case _:
            print("usage: python -m tools.catalogues [compile]", file=sys.stderr)
            return 2
    compile_all()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
