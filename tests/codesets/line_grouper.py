"""A child process that speaks the protocol of `codesets/grouping/SITE-GROUPER.md`, well or badly: for its tests."""

from __future__ import annotations

import sys
import time
from urllib.parse import parse_qs, urlencode


def main(how: str) -> None:
    """Answer every stay with the same DRG, or misbehave as `how` says."""
    if how == "never":
        time.sleep(60)
    if how == "ends":
        sys.exit("Error: Unable to access jarfile grouper.jar")
    if how == "greets":
        print("Hello, I am a grouper", flush=True)
    if how == "late":
        sys.stdin.readline()
    print("ready version=43.1", flush=True)
    for line in sys.stdin:
        number, _, text = line.strip().partition(" ")
        asked = parse_qs(text)
        answer = [
            ("drg", "291"),
            ("initial", "290"),
            ("title", "HEART FAILURE & SHOCK"),
            ("mdc", "05"),
            ("status", "OK"),
        ]
        answer += [("severity", "MCC"), *(("dx", f"{one.split()[0]} MCC raises") for one in asked["dx"][1:])]
        answer += [("pr", f"{one} or") for one in asked.get("pr", [])] + [("hac", "N179 a fall")]
        match how:
            case "hangs":
                time.sleep(60)
            case "dies":
                sys.exit(3)
            case "out of turn":
                number = "77"
            case "no drg":
                answer = [("status", "OK"), ("drg", "2 or 3")]
            case "endless":
                sys.stdout.write("x" * 400_000)
            case "refuses":
                answer = [("error", "the age is not valid")]
        print(number, urlencode(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
