"""Made-up books for the encoder's screens, in the official layouts: notes of every kind, grids, two years, PCS."""

from __future__ import annotations

from pathlib import Path

from codesets import build, importing
from codesets.gathering import gather
from codesets.importing import Status
from tests.codesets import small_files
from tests.codesets.sources import made_files

ROWS = (
    ("A00", 0, "Made-up fever", "Made-up fever"),
    ("A000", 1, "Made-up fever, mild", "Made-up fever, mild"),
    ("A001", 0, "Made-up fever with humming", "Made-up fever with humming"),
    ("A0010", 1, "Made-up fever with humming, low", "Made-up fever with humming, low"),
    ("A0011", 1, "Made-up fever with humming, high", "Made-up fever with humming, high"),
    ("A009", 1, "Made-up fever, unsp", "Made-up fever, unspecified"),
    ("A01", 1, "Made-up chill", "Made-up chill"),
    ("C00", 0, "Made-up growth", "Made-up growth"),
    ("C000", 1, "Made-up growth of ear", "Made-up growth of ear"),
    ("C001", 1, "Made-up growth of nose", "Made-up growth of nose"),
    ("M1A", 0, "Humming", "Humming"),
    ("M1A0", 1, "Humming of ear", "Humming of ear"),
    ("S01", 0, "Whistling", "Whistling"),
    ("S011", 0, "Whistling of nose", "Whistling of nose"),
    ("S011XXA", 1, "Whistling of nose, init", "Whistling of nose, initial encounter"),
    ("S011XXD", 1, "Whistling of nose, subs", "Whistling of nose, subsequent encounter"),
    ("S011XXS", 1, "Whistling of nose, seq", "Whistling of nose, sequela"),
    ("S012", 0, "Whistling of ear", "Whistling of ear"),
    ("S0121", 0, "Whistling of right ear", "Whistling of right ear"),
    ("S0121XA", 1, "Whistling of right ear, init", "Whistling of right ear, initial encounter"),
    ("S0121XD", 1, "Whistling of right ear, subs", "Whistling of right ear, subsequent encounter"),
    *small_files.ROWS_2020[9:],
)
# A009 becomes a header, A000 has another title, Z80 ends.
ROWS_OF_NEXT_YEAR = (
    *(row for row in ROWS[:5] if row[0] != "A000"),
    ("A000", 1, "Made-up fever, gentle", "Made-up fever, gentle"),
    ("A009", 0, "Made-up fever, unsp", "Made-up fever, unspecified"),
    ("A0090", 1, "Made-up fever, unsp", "Made-up fever, unspecified, unproven"),
    ("A0091", 1, "Made-up fever, proven", "Made-up fever, unspecified, proven"),
    *(row for row in ROWS[6:] if row[0] != "Z80"),
)

TABULAR = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.tabular><version>2020</version>
<chapter><name>1</name><desc>Made-up diseases (A00-M1A)</desc>
 <includes><note>diseases that nobody has</note></includes>
 <useAdditionalCode><note>code to identify the wind (Z10-Z19)</note></useAdditionalCode>
 <excludes2><note>wellness of every kind (Z90-Z99)</note></excludes2>
 <section id="A00-A09"><desc>Fevers (A00-A09)</desc>
  <excludes1><note>whistling (S01.-)</note></excludes1>
  <diag><name>A00</name><desc>Made-up fever</desc>
   <includes><note>feverishness that was made up</note></includes>
   <excludes1><note>humming (M1A.-)</note><note>chill (A01)</note></excludes1>
   <excludes2><note>comfort of one kind or another (Z80-Z85)</note></excludes2>
   <diag><name>A00.0</name><desc>Made-up fever, mild</desc>
    <inclusionTerm><note>Summer shivers</note></inclusionTerm></diag>
   <diag><name>A00.1</name><desc>Made-up fever with humming</desc>
    <codeFirst><note>underlying humming (M1A.0)</note></codeFirst>
    <useAdditionalCode><note>code to identify repose (Z20.-)</note></useAdditionalCode>
    <codeAlso><note>wellness, if there is any (Z91)</note></codeAlso>
    <diag><name>A00.10</name><desc>Made-up fever with humming, low</desc>
     <inclusionTerm><note>Fever with a low hum</note></inclusionTerm></diag>
    <diag><name>A00.11</name><desc>Made-up fever with humming, high</desc></diag></diag>
   <diag><name>A00.9</name><desc>Made-up fever, unspecified</desc></diag>
  </diag>
  <diag><name>A01</name><desc>Made-up chill</desc></diag>
 </section>
 <section id="C00"><desc>Growths (C00)</desc>
  <diag><name>C00</name><desc>Made-up growth</desc>
   <diag><name>C00.0</name><desc>Made-up growth of ear</desc></diag>
   <diag><name>C00.1</name><desc>Made-up growth of nose</desc></diag></diag>
 </section>
 <section id="M1A"><desc>Humming (M1A)</desc>
  <diag><name>M1A</name><desc>Humming</desc><diag><name>M1A.0</name><desc>Humming of ear</desc></diag></diag>
 </section>
</chapter>
<chapter><name>19</name><desc>Made-up sounds (S00-T88)</desc>
 <section id="S01"><desc>Whistling (S01)</desc>
  <diag><name>S01</name><desc>Whistling</desc>
   <sevenChrNote><note>The appropriate 7th character is to be added to each code from category S01</note></sevenChrNote>
   <sevenChrDef><extension char="A">initial encounter</extension><extension char="D">subsequent encounter</extension>
    <extension char="S">sequela</extension></sevenChrDef>
   <diag><name>S01.1</name><desc>Whistling of nose</desc></diag>
   <diag><name>S01.2</name><desc>Whistling of ear</desc>
    <diag><name>S01.21</name><desc>Whistling of right ear</desc></diag></diag></diag>
 </section>
</chapter>
</ICD10CM.tabular>
"""

INDEX = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.index><version>2020</version><title>ICD-10-CM INDEX TO DISEASES and INJURIES</title>
<letter><title>C</title><mainTerm><title>Chill</title><code>A01</code></mainTerm></letter>
<letter><title>F</title>
 <mainTerm><title>Fever, feverish<nemod>(hot)</nemod> NEC</title><code>A00.9</code>
  <term level="1"><title>mild</title><code>A00.0</code><manif>M1A.0</manif>
   <term level="2"><title>in summer</title><see>Shivers, of season</see></term></term>
  <term level="1"><title>with humming</title><code>A00.10</code></term>
  <term level="1"><title>with song</title><seecat>M1A</seecat></term>
  <term level="1"><title>gone</title><code>A00.77</code></term></mainTerm></letter>
<letter><title>G</title>
 <mainTerm><title>Growth</title><seeAlso>Neoplasm, by site, benign</seeAlso>
  <term level="1"><title>ear</title><see>Neoplasm, ear, benign</see></term>
  <term level="1"><title>odd</title><code>C00.0</code><seeAlso>Shivers</seeAlso></term>
  <term level="1"><title>lost</title><see>Chill, of nobody</see></term></mainTerm></letter>
<letter><title>S</title>
 <mainTerm><title>Shivers</title><seeAlso>Chill</seeAlso>
  <term level="1"><title>season</title><code>A00.0</code></term></mainTerm></letter>
<letter><title>W</title><mainTerm><title>Whistling</title><subcat>S01.1-</subcat></mainTerm></letter>
</ICD10CM.index>
"""

NEOPLASMS = """<?xml version="1.0" encoding="utf-8"?>
<ICD10CM.index><version>2020</version>
<indexHeading><head col="1">Neoplasm</head><head col="2">Malignant Primary</head>
<head col="3">Malignant Secondary</head><head col="4">Ca in situ</head><head col="5">Benign</head>
<head col="6">Uncertain Behavior</head><head col="7">Unspecified Behavior</head></indexHeading>
<letter><title>N</title><mainTerm><title>Neoplasm, neoplastic</title>
<cell col="2">C00.0</cell><cell col="3">--</cell><cell col="4">--</cell><cell col="5">A01</cell>
<cell col="6">--</cell><cell col="7">A00.9</cell>
<term level="1"><title>ear</title><cell col="2">C00.0</cell><cell col="3">C00.-</cell><cell col="4">A00.0</cell>
<cell col="5">A01</cell><cell col="6">A00.11</cell><cell col="7">A00.9</cell>
<term level="2"><title>lobe</title><cell col="2">C00.0</cell><cell col="3">C00.-</cell><cell col="4">--</cell>
<cell col="5">A01</cell><cell col="6">A00.11</cell><cell col="7">A00.9</cell></term></term>
<term level="1"><title>nose</title><cell col="2">C00.1</cell><cell col="3">C00.-</cell><cell col="4">A00.0</cell>
<cell col="5">A01</cell><cell col="6">A00.11</cell><cell col="7">A00.9</cell></term>
</mainTerm></letter></ICD10CM.index>
"""

BELOW_A_SUBSTANCE = """
<term level="1"><title>flat</title><cell col="2">S01.1XXD</cell><cell col="6">A00.9</cell></term>"""


def make_reference(folder: Path, april: bool = False) -> Path:
    """A reference database of these books; with an April edition of the second year where nothing changed."""
    place, inbox = folder / "reference.sqlite", folder / "inbox"
    inbox.mkdir()
    files = {
        "order_2020.txt": small_files.order_text(ROWS),
        "order_2021.txt": small_files.order_text(tuple(sorted(ROWS_OF_NEXT_YEAR))),
        **({"order_april_2021.txt": small_files.order_text(tuple(sorted(ROWS_OF_NEXT_YEAR)))} if april else {}),
        "tabular_2020.xml": TABULAR,
        "index_2020.xml": INDEX,
        "neoplasm_2020.xml": NEOPLASMS,
        "drug_2020.xml": small_files.DRUGS.replace("</mainTerm>", f"{BELOW_A_SUBSTANCE}</mainTerm>"),
        "icd10pcs_order_2020.txt": made_files.PCS_ORDER,
        "tables.xml": made_files.PCS_TABLES.replace("2099", "2020"),
        "pcs_index.xml": made_files.PCS_INDEX.replace("2099", "2020"),
    }
    for name, text in files.items():
        (inbox / name).write_text(text, encoding="utf-8", newline="")
    with build.replacement(place, None, _quiet):
        pass
    with gather([str(inbox)], _quiet) as gathered:
        report = importing.run(place, importing.plan(place, gathered), _quiet)
    assert [result.item.status for result in report.results] == [Status.LOADED] * len(files)
    return place


def _quiet(stage: str, done: float) -> None:
    """No progress."""
