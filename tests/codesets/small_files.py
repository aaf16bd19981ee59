"""Small files in the official layouts, with made-up content, for tests of the importers."""

from __future__ import annotations

from codesets.sources.source import SourceFile

# code, billable, short title, long title; the first and last category are those of every complete file.
ROWS_2020 = (
    ("A00", 0, "Made-up fever", "Made-up fever"),
    ("A000", 1, "Made-up fever, mild", "Made-up fever, mild"),
    ("A009", 1, "Made-up fever, unsp", "Made-up fever, unspecified"),
    ("M1A", 0, "Humming", "Humming"),
    ("M1A0", 1, "Humming of ear", "Humming of ear"),
    ("S01", 0, "Whistling", "Whistling"),
    ("S011", 0, "Whistling of nose", "Whistling of nose"),
    ("S011XXA", 1, "Whistling of nose, init", "Whistling of nose, initial encounter"),
    ("S011XXD", 1, "Whistling of nose, subs", "Whistling of nose, subsequent encounter"),
    *((f"Z9{n}", 1, f"Wellness {n}", f"Wellness of kind {n}") for n in range(10)),
    *((f"Z8{n}", 1, f"Comfort {n}", f"Comfort of kind {n}") for n in range(10)),
    *((f"Z{n}", 1, f"Repose {n}", f"Repose of kind {n}") for n in range(10, 50)),
)
# A009 becomes a header, A000 has another title, Z80 ends.
ROWS_2021 = (
    ("A00", 0, "Made-up fever", "Made-up fever"),
    ("A000", 1, "Made-up fever, gentle", "Made-up fever, gentle"),
    ("A009", 0, "Made-up fever, unsp", "Made-up fever, unspecified"),
    ("A0090", 1, "Made-up fever, unsp", "Made-up fever, unspecified, unproven"),
    ("A0091", 1, "Made-up fever, proven", "Made-up fever, unspecified, proven"),
    *(row for row in ROWS_2020 if row[0] not in ("A00", "A000", "A009", "Z80")),
)


def order_text(rows: tuple[tuple[str, int, str, str], ...]) -> str:
    """An order file."""
    lines = (
        f"{number:05} {code:<7} {flag} {short:<60} {title}"
        for number, (code, flag, short, title) in enumerate(rows, start=1)
    )
    return "".join(line + "\r\n" for line in lines)


def addenda_text() -> str:
    """The addenda from ROWS_2020 to ROWS_2021."""
    lines = [
        _change("Revise from:", 1, ROWS_2020[1]),
        _change("Revise to:", 1, ROWS_2021[1]),
        _change("Delete:", 1, ROWS_2020[2]),
        *(_change("Add:", row[1], row) for row in ROWS_2021[2:5]),
        _change("Delete:", 1, ("Z80", 1, "Comfort 0", "Comfort of kind 0")),
        "",
        *("Headers", "      1 additions", "      0 deletions", "      0 revisions", ""),
        *("Codes", "      2 additions", "      2 deletions", "      1 revisions"),
    ]
    return "".join(line + "\r\n" for line in lines)


def _change(action: str, flag: int, row: tuple[str, int, str, str]) -> str:
    return f"{action:<13}{flag} {row[0]:<7} {row[2]:<60} {row[3]}"


TABULAR = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular><version>2020</version>
<chapter><name>1</name><desc>Made-up diseases (A00-M1A)</desc>
 <section id="A00-A09"><desc>Fevers (A00-A09)</desc>
  <diag><name>A00</name><desc>Made-up fever</desc>
   <excludes1><note>humming (M1A.-)</note></excludes1>
   <diag><name>A00.0</name><desc>Made-up fever, mild</desc>
    <inclusionTerm><note>Summer shivers</note></inclusionTerm></diag>
   <diag><name>A00.9</name><desc>Made-up fever, unspecified</desc></diag>
  </diag>
 </section>
 <section id="M1A"><desc>Humming (M1A)</desc>
  <diag><name>M1A</name><desc>Humming</desc><diag><name>M1A.0</name><desc>Humming of ear</desc></diag></diag>
 </section>
 <section id="S01"><desc>Whistling (S01)</desc>
  <diag><name>S01</name><desc>Whistling</desc>
   <sevenChrDef><extension char="A">initial encounter</extension></sevenChrDef>
   <diag><name>S01.1</name><desc>Whistling of nose</desc></diag></diag>
 </section>
</chapter>
</ICD10CM.tabular>
"""

INDEX = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.index><version>2020</version><title>ICD-10-CM INDEX TO DISEASES and INJURIES</title>
<letter><title>F</title>
 <mainTerm><title>Fever, feverish<nemod>(hot)</nemod> NEC</title><code>A00.9</code>
  <term level="1"><title>mild</title><code>A00.0</code><manif>M1A.0</manif>
   <term level="2"><title>in summer</title><see>Shivers, of season</see></term></term>
  <term level="1"><title>humming</title><seecat>M1A</seecat></term>
  <term level="1"><title>gone</title><code>A00.77</code></term></mainTerm></letter>
<letter><title>S</title>
 <mainTerm><title>Shivers</title><seeAlso>condition</seeAlso>
  <term level="1"><title>season</title><code>A00.0</code></term></mainTerm></letter>
<letter><title>W</title><mainTerm><title>Whistling</title><subcat>S01.1-</subcat></mainTerm></letter>
</ICD10CM.index>
"""

DRUGS = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.index><version>2020</version>
<indexHeading><head col="1">Substance</head><head col="2">Poisoning Accidental (unintentional)</head>
<head col="3">Poisoning Intentional self-harm</head><head col="4">Poisoning Assault</head>
<head col="5">Poisoning Undetermined</head><head col="6">Adverse effect</head><head col="7">Underdosing</head>
</indexHeading>
<letter><title>F</title><mainTerm><title>Fizzwater</title><cell col="2">S01.1XXA</cell><cell col="3">--</cell>
<cell col="6">A00.0</cell></mainTerm></letter></ICD10CM.index>
"""

DRUGS_CSV = """ICD-10-CM TABLE of DRUGS and CHEMICALS,,,,,,,
Substance,Poisoning Accidental (unintentional),Poisoning Intentional self-harm,Poisoning Assault,Poisoning Undetermined,Adverse effect,Underdosing,
Fizzwater,S01.1XXA,--,--,--,A00.0,--,
\u2013 sweet,S01.1XXD,--,--,--,A00.9,--,
Zing,S01.1XXA,--,--,--,A00.0,
"""  # noqa: E501 - as published


def named(name: str, content: str | bytes) -> SourceFile:
    """A file with this content; the digest is made up from it."""
    data = content.encode() if isinstance(content, str) else content
    return SourceFile(name, data, len(data), f"{hash(data):x}")
