"""Checks of this host: files, disk, SQLite, locale. They read and change nothing."""

import asyncio
import codecs
import locale
import os
import platform
import shlex
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kfconsole import config
from kfconsole.cli.doctor.finding import Finding, fail, ok, warn
from kfconsole.cli.times import local_time
from kfconsole.errors import ArchiveError, ConfigError
from kfconsole.i18n import _, ngettext

if TYPE_CHECKING:
    from kfconsole.model import ArchiveSizes

LOW_BYTES = 500_000_000
FULL_BYTES = 20_000_000
FREE_WORTH_TELLING_BYTES = 10_000_000
REMOTE = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs", "lustre"})
"""Kinds of file systems on other machines, where SQLite's shared memory does not work."""


def version() -> list[Finding]:
    """Say what runs here."""
    from importlib.metadata import version as version_of

    return [ok("version", f"kfconsole {version_of('kfconsole')}, Python {platform.python_version()}, {sys.platform}")]


def settings_origins(settings: config.Settings) -> Finding:
    """Say where the settings come from."""
    by_origin: dict[str, list[str]] = {}
    for key, origin in settings.origins.items():
        by_origin.setdefault(str(settings.path) if origin == "file" else origin, []).append(key)
    if not by_origin:
        return ok("settings", _("all are defaults; there is no {file}").format(file=settings.path))
    return ok("settings", "; ".join(f"{origin}: {', '.join(keys)}" for origin, keys in by_origin.items()))


def keys(settings: config.Settings, environment: Mapping[str, str]) -> list[Finding]:
    """Look whether the keys of the settings can be used; nothing is said of those the console comes with."""
    from kfconsole.ui import keymap

    if not settings.keys:
        return []
    try:
        bound = keymap.read(settings.keys, settings.path)
    except ConfigError as error:
        return [fail("keys", problem, error.hint) for problem in error.message.splitlines()]
    if cautions := keymap.cautions(bound, environment, sys.platform):
        return [warn("keys", caution) for caution in cautions]
    count = len(settings.keys)
    return [
        ok(
            "keys",
            ngettext("{count} command has keys of yours", "{count} commands have keys of yours", count).format(
                count=count
            ),
        )
    ]


def files(settings: config.Settings) -> list[Finding]:
    """Look who else can read what is private."""
    found = list(_open_files(settings))
    if found:
        return found
    count = len([path for path in _private_files(settings) if path.exists()])
    text = ngettext("{count} file, yours alone", "{count} files, yours alone", count)
    return [ok("files", text.format(count=count))]


def _private_files(settings: config.Settings) -> list[Path]:
    folder = settings.data_dir
    kinds = ("*.db", "*.db-wal", "*.db-shm", "token-*", "kfconsole.log*")
    is_reachable = os.access(folder, os.R_OK | os.X_OK)  # else globbing may fail
    return [folder, settings.path, *sorted(path for kind in kinds if is_reachable for path in folder.glob(kind))]


def _open_files(settings: config.Settings) -> Iterator[Finding]:
    for path in _private_files(settings):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        except OSError as error:
            yield fail("files", _("{file} cannot be read: {problem}").format(file=path, problem=error.strerror))
            continue
        if status.st_uid != os.geteuid():
            yield warn(
                "files",
                _("{file} belongs to another user.").format(file=path),
                f"chown {os.geteuid()} {shlex.quote(str(path))}",
            )
        elif status.st_mode & 0o077 and path != settings.path:  # the settings refuse to be read when they hold a secret
            is_folder = stat.S_ISDIR(status.st_mode)
            is_secret = path.name.startswith("token-") and path.suffix == ".json"
            yield (fail if is_secret else warn)(
                "files",
                _("{file} is open to others.").format(file=path),
                f"chmod {'700' if is_folder else '600'} {shlex.quote(str(path))}",
            )


def data_folder(settings: config.Settings) -> list[Finding]:
    """Look whether archive and log can be written; nothing is created."""
    folder = settings.data_dir
    place = _nearest(folder)
    choose = _("Check its owner and permissions, or choose another with KFCONSOLE_DATA_DIR.")
    if not place.is_dir():
        return [fail("data folder", _("{file} is no folder.").format(file=place), choose)]
    if not os.access(place, os.W_OK | os.X_OK):
        return [fail("data folder", _("{file} cannot be written.").format(file=place), choose)]
    for path in sorted(folder.glob("*.db")):
        if not os.access(path, os.R_OK | os.W_OK):
            return [fail("data folder", _("{file} cannot be written.").format(file=path), choose)]
    if place != folder:
        return [ok("data folder", _("{file} (made when it is needed)").format(file=folder))]
    return [ok("data folder", str(folder))]


def disk(settings: config.Settings, mounts: Path = Path("/proc/mounts")) -> list[Finding]:
    """Look for room, and for disks of other machines."""
    place = _nearest(settings.data_dir).resolve()
    move = _("Choose a folder on a disk of this machine with KFCONSOLE_DATA_DIR.")
    kind = file_system(place, mounts)
    if kind in REMOTE:
        text = _("{file} lies on {kind}, a disk of another machine: the archive needs a local one.")
        return [warn("disk", text.format(file=place, kind=kind), move)]
    free = shutil.disk_usage(place).free
    text = _("{megabytes} MB free").format(megabytes=free // 1_000_000)
    if free < FULL_BYTES:
        return [fail("disk", text, _("Free some space, or choose another folder with KFCONSOLE_DATA_DIR."))]
    if free < LOW_BYTES:
        return [warn("disk", text, _("Free some space, or choose another folder with KFCONSOLE_DATA_DIR."))]
    return [ok("disk", f"{text}, {kind}" if kind else text)]


def archive(settings: config.Settings) -> list[Finding]:
    """Look whether the archive that is there can be used."""
    path = settings.archive_path
    if not settings.account.app_id or not may_be_there(path):
        return [ok("archive", _("made when it is needed"))]
    try:
        sizes = asyncio.run(_look_into(path))
    except ArchiveError as error:
        return [fail("archive", error.message, error.hint)]
    return [ok("archive", text) for text in _archive_words(settings, sizes)]


async def _look_into(path: Path) -> "ArchiveSizes | None":
    from kfconsole.archive import Archive

    archive = Archive(path)
    try:
        await archive.look()
        return await archive.sizes()
    finally:
        await archive.close()


def _archive_words(settings: config.Settings, sizes: "ArchiveSizes | None") -> Iterator[str]:
    path = settings.archive_path
    if sizes is None:
        yield _("{file} (brought up to date at the next start)").format(file=path)
        return
    megabytes = f"{sizes.file_bytes / 1_000_000:,.1f}"
    if sizes.oldest_at is None:
        yield _("{file}: {megabytes} MB, no messages yet").format(file=path, megabytes=megabytes)
    else:
        day = local_time(sizes.oldest_at, settings.ui.zone).partition(" ")[0]
        customers = ngettext("{count} customer", "{count} customers", sizes.customers)
        text = ngettext(
            "{file}: {megabytes} MB, {count} message of {customers} since {day}",
            "{file}: {megabytes} MB, {count} messages of {customers} since {day}",
            sizes.messages,
        )
        yield text.format(
            file=path,
            megabytes=megabytes,
            count=f"{sizes.messages:,}",
            customers=customers.format(count=f"{sizes.customers:,}"),
            day=day,
        )
        yield _("{count} bytes a message; {percent} % of the file is the index that search needs").format(
            count=f"{(sizes.file_bytes - sizes.free_bytes) // sizes.messages:,}",
            percent=100 * min(sizes.index_bytes, sizes.file_bytes) // sizes.file_bytes,
        )
    if sizes.free_bytes >= FREE_WORTH_TELLING_BYTES:
        yield _("'kfconsole history vacuum' gives {megabytes} MB back to the disk").format(
            megabytes=sizes.free_bytes // 1_000_000
        )
    if sizes.unindexed:
        text = ngettext(
            "{count} message cannot be searched yet; the console sees to it while it runs",
            "{count} messages cannot be searched yet; the console sees to it while it runs",
            sizes.unindexed,
        )
        yield text.format(count=f"{sizes.unindexed:,}")


def file_system(place: Path, mounts: Path) -> str:
    """Return the kind of file system a folder lies on; empty where the system does not tell."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    kinds = {parts[1].replace("\\040", " "): parts[2] for line in lines if len(parts := line.split(" ")) > 2}
    return next((kinds[str(folder)] for folder in (place, *place.parents) if str(folder) in kinds), "")


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above that exists."""
    return next((path for path in (folder, *folder.parents) if os.path.exists(path)), folder)  # noqa: PTH110 - the other fails where one may not look


def may_be_there(path: Path) -> bool:
    """Whether a file is there, as far as somebody here may look."""
    try:
        return path.exists()
    except PermissionError:  # nobody here may look
        return True


def sqlite() -> list[Finding]:
    """Look what SQLite can do."""
    from kfconsole.archive.engine import engine

    number, has_search = engine()
    if has_search:
        return [ok("sqlite", f"{number}, FTS5")]
    text = _("{version} has no FTS5: messages cannot be searched.").format(version=number)
    return [fail("sqlite", text, _("Use a Python whose SQLite has it, such as that of the distribution."))]


def locales(environment: Mapping[str, str], encoding: str) -> list[Finding]:
    """Look whether Chinese can be shown.

    Args:
        environment: The variables of this process.
        encoding: That of the standard output.
    """
    name, value = next(
        ((name, environment[name]) for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), ("LANG", "")
    )
    mend = _("Set LANG to a UTF-8 locale that 'locale -a' names, such as zh_CN.UTF-8 or C.UTF-8.")
    shown = f"{name}={value}"
    if codecs.lookup(encoding).name != "utf-8":
        text = _("{locale}: the output is {encoding}, and the console draws in UTF-8.")
        return [fail("locale", text.format(locale=shown, encoding=encoding), mend)]
    try:
        locale.setlocale(locale.LC_CTYPE, "")
    except locale.Error:
        return [warn("locale", _("{locale} is not installed here.").format(locale=shown), mend)]
    # Python itself sets LC_CTYPE where nothing is set, which helps no other program.
    is_unset = name == "LC_CTYPE" and value in ("C.UTF-8", "C.utf8", "UTF-8") and not environment.get("LANG")
    if is_unset or value in ("", "C", "POSIX"):
        shown = "LANG=" if is_unset else shown
        return [
            warn(
                "locale",
                _("{locale}: tmux and other programs may show Chinese as question marks.").format(locale=shown),
                mend,
            )
        ]
    return [ok("locale", f"{shown}, {encoding}")]
