"""The entry: input methods and language first, then the command line, then the exit code."""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from kfconsole import config, i18n
from kfconsole.errors import KfError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    # textual reads it once, when imported: full key reports break what input methods commit.
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    # Likewise: a frame may follow another after 4 ms instead of 17, for a key right behind a poll.
    os.environ.setdefault("TEXTUAL_FPS", "240")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows no Chinese gets question marks, not a crash
    arguments = sys.argv[1:] if arguments is None else arguments
    # Help texts are translated while the command modules are imported.
    i18n.use_for_libraries(i18n.use(config.wanted_language(_settings_file(arguments))))
    from kfconsole.cli import COMPLETING, output

    try:
        if _is_plain(arguments) and COMPLETING not in os.environ:
            from kfconsole.cli import console  # the command line's own library would delay the first paint

            return console.run(_settings_file(arguments))
        from kfconsole.cli.root import run

        return run(arguments)
    except KfError as error:
        return output.failed(error)
    except KeyboardInterrupt:
        return output.INTERRUPTED
    except Exception as error:  # noqa: BLE001  # the last line of defence: an exit code, and where the details are
        from kfconsole.cli.crash import report

        return report(error)


def _is_plain(arguments: Sequence[str]) -> bool:
    """Whether only the console is wanted, with no more than a settings file."""
    match arguments:
        case [] | ["--config", _]:
            return True
    return False


def _settings_file(arguments: Sequence[str]) -> Path | None:
    for position, argument in enumerate(arguments):
        if argument.startswith("--config="):
            return Path(argument.removeprefix("--config="))
        if argument == "--config" and position + 1 < len(arguments):
            return Path(arguments[position + 1])
    return None


if __name__ == "__main__":
    sys.exit(main())
