"""Compiles the catalogues whenever the package is built or installed: only their sources are kept."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompileCatalogues(BuildHookInterface):  # type: ignore[type-arg]  # the builder's config is of no interest
    """Write the .mo file beside each .po file."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        """Run before wheel, sdist and editable installation alike."""
        for source in sorted(Path(self.root, "kfconsole", "locale").glob("*/LC_MESSAGES/*.po")):
            with source.open("rb") as texts, source.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(texts))
