"""The reading of a query in the words of ICD-10-PCS, which names no operation as surgeons do."""

from __future__ import annotations

import re

from codesets.search import lexicon
from codesets.search.readings import MOST_CHARACTERS, MOST_WORDS, Reading
from codesets.search.words import plain, words


def procedures(query: str) -> list[Reading]:
    """The query in the words of ICD-10-PCS, for the longest name of a procedure in it; none without one."""
    compared = plain(query[:MOST_CHARACTERS]).replace(">", " greater more than ").replace("<", " less than ")
    typed = tuple(words(compared))
    table = lexicon.procedure_names()
    for size in range(len(typed), 0, -1):
        for start in range(len(typed) - size + 1):
            if named := table.get(typed[start : start + size]):
                rest = [
                    lexicon.procedure_words(named[0]).get(word) or lexicon.shorthand().get(word, word)
                    for word in (*typed[:start], *typed[start + size :])
                ]
                meant = _USUAL_PART.sub("", named[1]) if rest else named[1]
                return [
                    Reading(
                        tuple(dict.fromkeys([*words(meant), *words(" ".join(rest))]))[:MOST_WORDS],
                        whole=True,
                        expanded=(named,),
                    )
                ]
    return []


_USUAL_PART = re.compile(r"\([^()]*\)")
