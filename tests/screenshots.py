"""Make `screenshots/` anew from the demo: `python -m tests.screenshots`."""

import shutil
import subprocess
import sys
from pathlib import Path

from kfconsole.ui.picture import placed
from tests.terminal.program import KFCONSOLE

FOLDER = Path(__file__).parents[1] / "screenshots"
SEED = "1"
PICTURES = {
    "desk": ("en", "120x40"),
    "desk-80x24": ("en", "80x24"),
    "desk-zh": ("zh", "120x40"),
    "desk-zh-80x24": ("zh", "80x24"),
    "board": ("en", "120x40", "b"),
    "board-zh": ("zh", "120x40", "b"),
}
"""Language, size and keys pressed."""

_CONVERTER = "rsvg-convert"
_MISSING = "Pictures need a converter and a Chinese font: apt-get install librsvg2-bin fonts-noto-cjk"


def main() -> int:
    """Make every picture, as SVG and PNG."""
    if shutil.which(_CONVERTER) is None:
        sys.stderr.write(_MISSING + "\n")
        return 1
    FOLDER.mkdir(exist_ok=True)
    for title, (language, size, *keys) in PICTURES.items():
        picture = FOLDER / f"{title}.svg"
        pressed = [option for key in keys for option in ("--press", key)]
        options = ("--seed", SEED, "--language", language, "--size", size, *pressed)
        subprocess.run([KFCONSOLE, "demo", *options, "--screenshot", picture], check=True)
        # The converter ignores the length of a piece, so for it each character is one.
        _convert(placed(picture.read_text("utf-8"), iter), picture.with_suffix(".png"))
        sys.stdout.write(f"{picture.relative_to(FOLDER.parent)}\n")
    return 0


def _convert(svg: str, png: Path) -> None:
    subprocess.run([_CONVERTER, "--output", png, "/dev/stdin"], input=svg.encode(), check=True)


if __name__ == "__main__":
    sys.exit(main())
