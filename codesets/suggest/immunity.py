"""Whether a sentence names a disease for its vaccine, its immunity or its antibodies only.

"Rubella immune", "MMR, varicella, DTaP-IPV given" and "pneumonia and shingles vaccines" tell of nobody who has the
disease. Held to diseases that are vaccinated against (`data/vaccinated.csv`), and left alone where the sentence says
that the patient has one all the same.
"""

from __future__ import annotations

import re
from functools import cache

from codesets.suggest.tables import rows


def immune(said: str, code: str) -> str:
    """The words of a sentence that only guards against a code (no dot); empty where it may be there."""
    if not code.startswith(_prefixes()) or (match := _GUARDED.search(said)) is None:
        return ""
    there = _THERE.search(said)
    # A positive titer is one of immunity.
    if there and not (there[0].lower() == "positive" and _ANTIBODY.search(said)):
        return ""
    return match[0]


@cache
def _prefixes() -> tuple[str, ...]:
    return tuple(prefix.replace(".", "") for prefix, _ in rows("vaccinated.csv", ("prefix", "disease")))


_GUARDED = re.compile(
    r"\b(?:non-?)?immun(?:e|ity)\b(?![ -]?(?:compr|defic|thromb|glob|suppr|med|system|disord))"
    r"|\bimmuni[sz](?:ed?|ations?)\b|\bvaccin(?:es?|ated|ations?)\b|\bvax\b|\bboosters?\b"
    r"|\bshots?\b|\bjabs?\b|\btiters?\b|\bseries\b|\bMMRV?\b|\b[DT]d?aP\b|\bTDAP\b|\bIPV\b|\bPCV ?\d+\b|\bPPSV ?\d*\b"
    r"|\b(?:shingrix|prevnar|pneumovax|gardasil|zostavax|pediarix|boostrix|fluzone)\b"
    r"|\bIgG\b|\bsurface (?:antigen|antibody)\b|\b(?:is|are) (?:current|up to date|UTD)\b|\bHBsA[gb]\b",
    re.IGNORECASE,
)
_ANTIBODY = re.compile(r"\b(?:titers?|IgG|immunity|immune)\b", re.IGNORECASE)
_THERE = re.compile(
    r"\b(?:despite|although|unvaccinated|unimmunized|positive|(?<!non)(?<!non-)reactive|diagnosed|breakthrough"
    r"|(?:not|never) (?:been )?(?:vaccinated|immunized)|presents?|admitted|treated for)\b",
    re.IGNORECASE,
)
