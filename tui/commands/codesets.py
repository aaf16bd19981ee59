"""`codedesk codesets`: what is loaded, loading official files, removing them, what changed between two releases.

Also what the other code commands share: dates and systems.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from dataclasses import asdict

from codesets.catalog import dotted
from codesets.differences import difference, release_named
from codesets.errors import UsageError
from codesets.releases import SEARCHED, CodeSystem, Load, Release, all_loads
from codesets.safe import safe_line
from tui.commands.first_use import bar, open_with_progress


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the sub-commands."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the loaded releases")
    listing.add_argument("--json", action="store_true", help="one JSON document")
    loading = actions.add_parser("import", help="load official files")
    loading.add_argument("paths", nargs="+", metavar="PATH", help="files, folders, zips or https addresses")
    loading.add_argument("--edition", default="", help="the edition of files that do not say it, such as FY2026")
    loading.add_argument("--yes", action="store_true", help="load without asking")
    loading.add_argument(
        "--accept-missing", action="store_true", help="load files too that were refused for what they lack"
    )
    loading.add_argument("--json", action="store_true", help="one JSON document")
    removing = actions.add_parser("remove", help="take an imported edition out again")
    removing.add_argument("system", choices=[system.value for system in CodeSystem], metavar="SYSTEM")
    removing.add_argument("edition", metavar="EDITION", help="as `codesets list` shows it, such as FY2025")
    removing.add_argument("--yes", action="store_true", help="remove without asking")
    changes = actions.add_parser("diff", help="what changed between two releases")
    changes.add_argument("system", choices=[system.value for system in SEARCHED], metavar="SYSTEM")
    changes.add_argument("old", metavar="OLD", help="the earlier release, such as 2025")
    changes.add_argument("new", metavar="NEW", help="the later release, such as 2026")
    changes.add_argument("--json", action="store_true", help="one JSON document")


def run(args: argparse.Namespace) -> int:
    """List the loaded releases, load files, or compare two releases."""
    if args.action == "import":
        from tui.commands import codesets_import  # only an import pays for the importers

        return codesets_import.run(args)
    if args.action == "remove":
        return _remove(args)
    if args.action == "diff":
        return _diff(args)
    with open_with_progress() as reference:
        rows = [(release, *reference.count(release)) for release in reference.releases()]
        loads = all_loads(reference.db)
    print(_json(rows, loads) if args.json else _text(rows, loads))
    return 0


def _remove(args: argparse.Namespace) -> int:
    from codesets import removing

    with open_with_progress() as reference:
        place = reference.path
        removal = removing.plan(reference, CodeSystem(args.system), args.edition)
    label = f"{removal.system.label} {removal.edition}"
    if removal.codes:
        print(f"{label}: {removal.codes:,} codes")
    for file in removal.files:
        print(f"{file.kind} {file.part}".rstrip() + f": {file.rows:,} rows of {safe_line(file.name)}")
    if removal.serves:
        print(f"the notes and index of {', '.join(removal.serves)} will come from the nearest edition that is left")
    if not args.yes and not (sys.stdin.isatty() and input("remove these? [y/N] ").strip().lower() in ("y", "yes")):
        print("nothing was removed; --yes removes without asking")
        return 0
    removing.remove(place, removal, bar if sys.stderr.isatty() else lambda stage, done: None)
    print(f"{label} is removed; charts keep what was coded from it")
    return 0


def _diff(args: argparse.Namespace) -> int:
    system = CodeSystem(args.system)
    with open_with_progress() as reference:
        old, new = (release_named(reference, system, name) for name in (args.old, args.new))
        found = difference(reference, old, new)
    if args.json:
        document: dict[str, object] = {"system": system.value, "old": old.edition, "new": new.edition}
        document["added"] = [asdict(one) for one in found.added]
        document["ended"] = [asdict(one) for one in found.ended]
        document["retitled"] = [asdict(one) for one in found.retitled]
        print(json.dumps(document, ensure_ascii=False, indent=2))
        return 0
    print(f"{system.label} {old.edition} to {new.edition}: ", end="")
    print(f"{len(found.added)} added, {len(found.ended)} deleted, {len(found.retitled)} revised")
    for added in found.added:
        print(f"+ {dotted(added.code, system):<9} {safe_line(added.title)}")
    for ended in found.ended:
        heirs = f"  -> {', '.join(dotted(heir, system) for heir in ended.replaced_by)}" if ended.replaced_by else ""
        now = "  (a header now)" if ended.is_header else ""
        now = f"  (terminated on {ended.terminated})" if ended.terminated else now
        print(f"- {dotted(ended.code, system):<9} {safe_line(ended.title)}{now}{heirs}")
    for retitled in found.retitled:
        print(f"~ {dotted(retitled.code, system):<9} {safe_line(retitled.old)}\n            {safe_line(retitled.new)}")
    return 0


def add_system(parser: argparse.ArgumentParser, *more: str) -> None:
    """The option for the code system; `more` are further words it takes."""
    names = [system.value for system in SEARCHED]
    parser.add_argument("-s", "--system", choices=[*names, *more], default=CodeSystem.ICD10CM.value, help="code system")


def add_date(parser: argparse.ArgumentParser) -> None:
    """The option for the date of service."""
    parser.add_argument("-d", "--date", default="", help="date of service, YYYY-MM-DD (today if not given)")


def date_of(args: argparse.Namespace) -> dt.date:
    """The date of service asked for; raises UsageError for anything but an ISO date."""
    if not args.date:
        return dt.date.today()
    try:
        if len(args.date) != len("YYYY-MM-DD"):
            raise ValueError
        return dt.date.fromisoformat(args.date)
    except ValueError:
        raise UsageError(f"{args.date!r} is not a date", "expected YYYY-MM-DD, such as 2026-05-31") from None


def warn(line: str) -> None:
    """A warning as one line on stderr; nothing for an empty one."""
    if line:
        print(safe_line(f"codedesk: {line}"), file=sys.stderr)


_Row = tuple[Release, int, int]


def _text(rows: list[_Row], loads: list[Load]) -> str:
    lines = [f"{'system':<15} {'edition':<18} {'in force':<24} {'billable':>8} {'headers':>8}  kind      source"]
    for release, billable, headers in rows:
        kind = "complete" if release.complete else "starter"
        lines.append(
            f"{release.system.label:<15} {release.edition:<18} {release.period:<24}"
            f" {billable:>8,} {headers:>8,}  {kind:<8}  {release.source_name}"
        )
    lines += ["", f"{'file':<30} {'edition':<18} {'in force':<24} {'rows':>9}  serves"]
    for load in loads:
        kind = f"{load.kind} {load.part}".strip()
        lines.append(
            f"{kind:<30} {load.edition:<18} {load.starts} to {load.ends} {load.rows:>9,}"
            f"  {', '.join(load.serves) or load.name}"
        )
    return "\n".join(lines)


def _json(rows: list[_Row], loads: list[Load]) -> str:
    releases = [
        {
            "system": release.system.value,
            "edition": release.edition,
            "starts": str(release.starts),
            "ends": str(release.ends),
            "complete": release.complete,
            "billable": billable,
            "headers": headers,
            "source": release.source_name,
            "sha256": release.source_sha256,
            "loaded_at": release.loaded_at,
            "files": [asdict(load) for load in loads if load.system == release.system and load.serves_edition(release)],
        }
        for release, billable, headers in rows
    ]
    return json.dumps(releases, ensure_ascii=False, indent=2)
