"""What is built can be installed, and speaks both languages."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

ROOT = Path(__file__).parent.parent
MADE = ignore_patterns(".git", ".venv", "*.mo", "__pycache__", ".*_cache", ".hypothesis", "build", "dist")
SECONDS = 300


def python(*arguments: str, folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build sdist and wheel from a copy of the tree, without the network and without what was compiled before."""
    source = tmp_path_factory.mktemp("source") / "kfconsole"
    copytree(ROOT, source, ignore=MADE)
    # Without arguments for a kind, the wheel is built from the sdist: what one lacks, the other lacks too.
    python("-m", "build", "--no-isolation", folder=source)
    return source / "dist"


def test_an_installed_wheel_speaks_chinese(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    target = tmp_path / "installed"
    python("-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), str(wheel), folder=tmp_path)
    said = python("-m", "kfconsole", "--help", folder=tmp_path, PYTHONPATH=str(target), KFCONSOLE_LANGUAGE="zh")
    where = python("-c", "import kfconsole; print(kfconsole.__file__)", folder=tmp_path, PYTHONPATH=str(target))

    assert where.startswith(str(target))
    assert "用法" in said


def test_the_wheel_holds_what_the_program_reads_and_no_tests(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        names = set(files.namelist())

    for language in ("zh_CN", "en"):
        assert f"kfconsole/locale/{language}/LC_MESSAGES/kfconsole.mo" in names
    assert "kfconsole/py.typed" in names
    assert "kfconsole/ui/kfconsole.tcss" in names
    assert {f"kfconsole/web/{name}" for name in ("templates/page.html", "static/page.css", "static/page.js")} <= names
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"kfconsole"}


def test_the_source_archive_holds_what_its_users_look_for(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}

    assert {"README.md", "CHANGELOG.md", "LICENSE", "config.example.toml", "hatch_build.py"} <= names
