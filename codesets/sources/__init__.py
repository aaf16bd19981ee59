"""The importers of official files, one module per kind; see `codesets.sources.source` for what they offer."""

from __future__ import annotations

import importlib
import importlib.util
from typing import cast

from codesets.sources.source import Recognized, SourceFile, SourceModule

# In the order in which they are asked: those that need only the root element or a header line stand first.
SOURCES = (
    "icd10cm_tabular",
    "icd10cm_index",
    "icd10cm_tables",
    "icd10pcs_tables",
    "icd10pcs_index",
    "icd10pcs_definitions",
    "icd10cm_conversion",
    "icd10cm_addenda",
    "icd10pcs_addenda",
    "icd10cm_order",
    "icd10pcs_order",
    "icd10cm_codes",
    "poa_exempt",
    "hcpcs",
    "ncci_ptp",
    "ncci_mue",
    "ncci_addon",
    "mpfs",
    "gpci",
    "anesthesia",
    "msdrg_weights",
    "msdrg_lists",
    "msdrg_exclusions",
    "nucc",
    "ub_codes",
    "carc_rarc",
    "mcd_articles",
    "hcc",
    "pos",
    "cpt",
)


def source(name: str) -> SourceModule:
    """The module of that name, imported when it is first asked for."""
    return cast(SourceModule, importlib.import_module(f"{__name__}.{name}"))


def recognize(file: SourceFile) -> tuple[str, Recognized] | None:
    """The first source that knows the file, by name, and what it took it for; None where none does."""
    for name in SOURCES:
        if importlib.util.find_spec(f"{__name__}.{name}") and (found := source(name).recognize(file)):
            return name, found
    return None
