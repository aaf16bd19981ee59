"""Small files in the official layouts, made up for the tests, and reading them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from typing import Any

import pytest

from codesets import sources
from codesets.sources.source import Recognized, Rejected, SourceFile


def made_file(name: str, content: str | bytes, line_end: str = "\r\n") -> SourceFile:
    """A file with this content; lines of a text end as the official files end theirs."""
    data = content if isinstance(content, bytes) else content.replace("\n", line_end).encode()
    return SourceFile(name, data, len(data), hashlib.sha256(data).hexdigest())


def workbook(name: str, rows: Iterable[Iterable[object]]) -> SourceFile:
    """A workbook with these rows; skips where the package for workbooks is not installed."""
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return made_file(name, content.getvalue())


def known(file: SourceFile) -> Recognized:
    """What the file is recognized as."""
    found = sources.recognize(file)
    assert found is not None
    return found[1]


def rows_of(file: SourceFile) -> list[Any]:
    """The good rows of the file."""
    return [row for row in _read(file) if not isinstance(row, Rejected)]


def rejected_of(file: SourceFile) -> list[Rejected]:
    """The rejected records of the file."""
    return [row for row in _read(file) if isinstance(row, Rejected)]


def _read(file: SourceFile) -> list[Any]:
    found = sources.recognize(file)
    assert found is not None
    name, recognized = found
    return list(sources.source(name).read(file, recognized))


PCS_TABLES = """<?xml version="1.0" encoding="utf-8"?>
<ICD10PCS.tabular>
  <version>2099</version>
  <pcsTable>
    <axis pos="1" values="1"><title>Section</title><label code="0">Made-up section</label></axis>
    <axis pos="2" values="1"><title>Body System</title><label code="0">Made-up system</label></axis>
    <axis pos="3" values="1"><title>Operation</title><label code="1">Humming</label>
      <definition>Making a low sound</definition></axis>
    <pcsRow codes="4">
      <axis pos="4" values="2"><title>Body Part</title><label code="6">Nose</label><label code="7">Throat</label></axis>
      <axis pos="5" values="2"><title>Approach</title><label code="0">Open</label><label code="3">Closed</label></axis>
      <axis pos="6" values="1"><title>Device</title><label code="Z">No Device</label></axis>
      <axis pos="7" values="1"><title>Qualifier</title><label code="Z">No Qualifier</label></axis>
    </pcsRow>
    <pcsRow codes="1">
      <axis pos="4" values="1"><title>Body Part</title><label code="7">Throat</label></axis>
      <axis pos="5" values="1"><title>Approach</title><label code="0">Open</label></axis>
      <axis pos="6" values="1"><title>Device</title><label code="J">Kazoo</label></axis>
      <axis pos="7" values="1"><title>Qualifier</title><label code="1">Loud</label></axis>
    </pcsRow>
  </pcsTable>
</ICD10PCS.tabular>
"""

PCS_INDEX = """<?xml version="1.0" encoding="utf-8"?>
<ICD10PCS.index>
  <version>2099</version>
  <letter><title>H</title>
    <mainTerm><title>Humming</title>
      <term level="1"><title>Nose</title><codes>0016</codes></term>
      <term level="1"><see>Buzzing, Throat<codes>0017</codes><tab>001</tab></see></term>
      <term level="1"><title>Throat</title><term level="2"><title>Loud</title><code>00170J1</code></term></term>
    </mainTerm>
    <mainTerm><title>Hornpipe</title><use>Kazoo</use></mainTerm>
  </letter>
</ICD10PCS.index>
"""

PCS_DEFINITIONS = """<?xml version="1.0" encoding="utf-8"?>
<ICD10PCS.definitions>
  <version>2099</version>
  <section code="0"><title>Made-up section</title>
    <axis pos="3"><title>Operation</title>
      <terms><title>Humming</title><definition>Making a low sound</definition>
        <includes>Droning</includes><includes>Purring</includes></terms></axis>
    <axis pos="4"><title>Body Part</title>
      <terms><title>Nose</title><title>Throat</title><includes>Snout</includes></terms></axis>
  </section>
  <deviceAggregation><aggregate><device>Comb and paper</device><operation>All applicable</operation>
    <bodySys>Made-up system</bodySys><parent value="J">Kazoo</parent></aggregate></deviceAggregation>
</ICD10PCS.definitions>
"""


def pcs_order_line(number: int, code: str, valid: bool, short: str, title: str) -> str:
    """One line of an order file."""
    return f"{number:05} {code:<7} {int(valid)} {short:<60} {title}\n"


PCS_ORDER = "".join(
    pcs_order_line(number, code, len(code) == 7, short, title)
    for number, (code, short, title) in enumerate(
        (
            ("001", "Made-up, Humming", "Made-up system, Humming"),
            ("00160ZZ", "Hum Nose, Open", "Humming Nose, Open"),
            ("00163ZZ", "Hum Nose, Clsd", "Humming Nose, Closed"),
            ("00170J1", "Hum Throat Kazoo", "Humming Throat with Kazoo, Loud, Open"),
            ("00170ZZ", "Hum Throat, Open", "Humming Throat, Open"),
            ("00173ZZ", "Hum Throat, Clsd", "Humming Throat, Closed"),
        ),
        start=1,
    )
)


def pcs_addenda_line(action: str, code: str, short: str, title: str) -> str:
    """One line of order addenda."""
    return f"{action:<13}{code:<7} {short:<60} {title}\n"


PCS_ADDENDA = (
    pcs_addenda_line("Add:", "00170J1", "Hum Throat Kazoo", "Humming Throat with Kazoo, Loud, Open")
    + pcs_addenda_line("Delete:", "00180ZZ", "Hum Ear, Open", "Humming Ear, Open")
    + """
Headers
      1 headers in icd10pcs_order_2098.txt
      1 headers in icd10pcs_order_2099.txt
      0 additions
      0 deletions
      0 revisions
    of which
      0 revisions to both long and short titles

Codes
      5 codes in icd10pcs_order_2098.txt
      5 codes in icd10pcs_order_2099.txt
      1 additions
      1 deletions
      0 revisions
"""
)

PTP_HEAD = (
    "Made-up notice\t\t\t\t\t\t\n"
    "Column1/Column2 Edits\t\t\t\t\t\t\n"
    "Column 1\tColumn 2\t*=in existence\tEffective\tDeletion\tModifier\tPTP Edit Rationale\n"
    "\t\tprior to 1996\tDate\tDate\t0=not allowed\t\n"
    "\t\t\t\t*=no data\t1=allowed\t\n"
    "\t\t\t\t\t9=not applicable\t\n"
)
PTP = (
    PTP_HEAD
    + "ZZ001\tZZ002\t*\t20200101\t*\t1\tMisuse of column two code\n"
    + "ZZ001\tZZ003\t\t20150101\t20191231\t0\tMutually exclusive\n"
    + "ZZ001\tZZ003\t\t20210401\t99991231\t0\tMutually exclusive\n"
    + "ZZ004\tZZ005\t\t20180101\t20180101\t9\tMore extensive procedure\n"
)
PTP_NAME = "ccipra-v322r0-f1.txt"

MUE = (
    '"Made-up notice\n\nof several lines, as the official file has.",,,\n'
    '"HCPCS/\nCPT Code",Practitioner Services MUE Values,MUE Adjudication Indicator,MUE Rationale\n'
    "ZZ001,3,1 Line Edit,Nature of Equipment\n"
    "ZZ002,1,2 Date of Service Edit: Policy,CMS Policy\n"
    "ZZ003,12,3 Date of Service Edit: Clinical,Clinical: Data\n"
)
MUE_NAME = "MCR_MUE_PractitionerServices_Eff_07-01-2026.csv"

ADD_ON = (
    "Made-up notice\t\t\t\t\t\t\t\n"
    "AOC_Edit_Type(1/2/3)\tAdd-On_Code\tAOC_DelDT\tPrimary_Code (CCCCC = contractor-defined)\tPrimary_Code_DelDT\t"
    "AOC_Edit_EffDT\tAOC_Edit_DelDT\tSpecial_Instruction_Notes\n"
    "1\tZZ101\t\tZZ001\t\t2013001\t\t\n"
    "1\tZZ101\t\tZZ002\t2020366\t2013001\t\tonly with a kazoo\n"
    "2\tZZ102\t\tCCCCC\t\t2013001\t\t\n"
    "3\tZZ103\t\tZZ001\t\t2013001\t2024182\t\n"
)
ADD_ON_NAME = "AOC_V2026Q2-MCR.txt"


def hcpcs_record(
    code: str,
    sequence: int,
    record: str,
    text: str,
    short: str = "",
    coverage: str = "",
    added: str = "",
    effective: str = "",
    terminated: str = "",
    action: str = "",
) -> str:
    """One record of 320 bytes."""
    line = f"{code:>5}{sequence:05}{record}{text:<80}{short:<28}".ljust(229) + f"{coverage:<1}"
    return line.ljust(268) + f"{added:<8}{effective:<8}{terminated:<8}{action:<1}".ljust(52)


HCPCS = "\n".join(
    (
        "***Disclaimers\t\t\t\t",
        "\u00a0\u00a0 no record at all",
        hcpcs_record("ZA", 100, "7", "Made-up modifier", "Made-up mod", "C", "20020701", "20020701", "", "N"),
        hcpcs_record("X0001", 100, "3", "Kazoo, with a text that goes", "Kazoo", "D", "20100101", "20180101", "", "N"),
        hcpcs_record("X0001", 200, "4", "over two lines").rstrip(),
        hcpcs_record("X0002", 100, "3", "Comb", "Comb", "S", "20100101", "20181231", "20181231", "D"),
        "",
    )
)
HCPCS_NAME = "HCPC2019_CONTR_ANWEB.txt"

POA = (
    "Order99\tPOAexemptCode\tDescription\n"
    "00007\tX01.1\tHumming, chronic\n"
    '00008\tX01.21XA\t"Humming, acute, initial encounter"\n'
    "00009\tX02\tWhistling\n"
)

TABLE_5 = (
    '"TABLE 5.\u2013LIST OF MADE-UP GROUPS,\nAND LENGTH OF STAY\u2013FY 2099 Final Rule"\t\t\t\t\t\t\t\t\t\n'
    "MS-DRG \tFY 2099 Final Post-Acute DRG\tFY 2099 Final Special Pay DRG\tMDC\tTYPE\tMS-DRG Title\t"
    "Weights - Before Cap\tWeights - 10% Cap Applied \tGeometric mean LOS\tArithmetic mean LOS\n"
    "001\tNo\tNo\tPRE\tSURG\tHUMMING WITH MCC\t28.0239\t27.5\t25.8\t36.2\n"
    '082\tYes\tNo\t01\tMED\t"WHISTLING, LOUD, WITH CC"\t1.3318\t1.3318\t2.4\t4.0\n'
    "999\tNo\tNo\t \t**\tUNGROUPABLE\t.\t.\t.\t\n"
    "\t\t\t\t\t\t\t\t\t\n"
).encode("cp1252")

TABLE_6J = (
    "TABLE 6J - COMPLETE CC LIST\nDiagnosis Code\tDescription\nX01.1\tHumming, chronic\nX02\tWhistling\n\n\tNotes:\n"
)

TABLE_6K = """TABLE 6K - COMPLETE LIST OF CC EXCLUSIONS

A made-up preface.

K Part 1: List of CC and Major CC Codes
 I10 Dx  Lev PDX Exclusions   ICD-10-CM Description
 X011    CC  0002:2 codes     Humming, chronic
 X02     MCC 0003:1 code      Whistling
 X03     CC  No Excl          Drumming

PDX collection 0002
  X011    Humming, chronic
  X012    Humming, acute

PDX collection 0003
  X02     Whistling

K Part 2: Codes that are CC or Major CC only if patient discharged alive

  X02     Whistling

K Part 3: Secondary Diagnosis CC/MCC Severity Exclusions in Select MS-DRGs

MDC 01 DRGs 082-084 Whistling

  X03     Drumming

"""

MADE = {
    "tables.xml": PCS_TABLES,
    "index.xml": PCS_INDEX,
    "definitions.xml": PCS_DEFINITIONS,
    "icd10pcs_order_2099.txt": PCS_ORDER,
    "order_addenda_2099.txt": PCS_ADDENDA,
    PTP_NAME: PTP,
    MUE_NAME: MUE,
    ADD_ON_NAME: ADD_ON,
    HCPCS_NAME: HCPCS,
    "POAexemptCodesFY99.txt": POA,
    "Table 5.txt": TABLE_5,
    "Table 6J FY 2099.txt": TABLE_6J,
    "Table 6K FY 2099.txt": TABLE_6K,
}
