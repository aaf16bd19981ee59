"""`codedesk intake --listen PORT` and `--watch FOLDER`: intake that waits for what comes."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

from codesets.safe import safe_line
from tui.commands.intake_report import print_report


def listen(db, actor, port: int, seconds: float | None, as_json: bool) -> int:
    """Receive HL7 messages over MLLP on loopback until the time is up or it is interrupted."""
    from store.intake.hl7v2.listener import bind, serve
    from store.intake.receiver import Receiver

    listening = bind(port)
    print(f"listening on 127.0.0.1 port {listening.getsockname()[1]}", file=sys.stderr, flush=True)
    receiver = Receiver(db, actor)
    try:
        serve(listening, receiver.take, seconds)
    except KeyboardInterrupt:
        pass
    finally:
        listening.close()
    return _told(receiver.report(), as_json)


def watch(db, actor, folder: Path, seconds: float | None, as_json: bool) -> int:
    """Take in finished files of a folder as they come, until the time is up or it is interrupted."""
    from store.intake.inbox import watch as watch_folder

    def told(report) -> None:
        if not as_json:
            print_report(report)
            sys.stdout.flush()

    def waiting(words: str) -> None:
        print(safe_line(words), file=sys.stderr, flush=True)

    total = watch_folder(db, actor, folder, seconds, told, waiting=waiting)
    if as_json:
        print(json.dumps(dataclasses.asdict(total), ensure_ascii=False, indent=2))
    return 1 if total.quarantined or any(file.unreadable for file in total.files) else 0


def _told(report, as_json: bool) -> int:
    if as_json:
        print(json.dumps(dataclasses.asdict(report), ensure_ascii=False, indent=2))
    else:
        print_report(report)
    return 1 if report.quarantined else 0
