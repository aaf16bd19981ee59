"""Tells a claim that its payer answers a second time, so that it is posted once.

The same place among the payers of the claim (`store.remits.places`), whoever the payer says that it is, and no reversal
(CLP02 22) between: both together charge more than the claim, or than the lines that they share. Whatever number the
payer gives it (CLP07), what happens is this:

    it pays, and what stands paid nothing   what stands is taken back by the program, and the second is posted
    anything else                           the second waits as unapplied, the first with its denials stays

One that answers a part alone of what stands waits too, since the rest would be answered no more; but where it names
exactly the lines that stand denied and pays them, it takes the place of those alone. So does a repeat of
an answer that was reversed, while a corrected one of that payer stands in its place. One of other lines of the same
claim is no second answer.

Of answers in one set that cannot stand beside each other, the last that pays counts, and the others wait; one that is
stored already, some hundred claims before, is displaced by one that pays where it was paid nothing, as above.

A replacement (frequency 7) is answered in the place of what it replaces: while an answer of that stands it waits, or
takes its place, in the same way.

An answer to a void (frequency 8) that is no reversal says that the void did not happen: it is posted to no claim, and
what was to be voided stands as it was.

Tells a reversal too whose answer is not here: its money waits as unapplied until that answer comes.

    standing    what stands answered of our claims      second      the answers of a set, one after the other
    rivals      what cannot stand beside an answer      judging     those that are posted already, or by hand
    reversals   what they take back, and what waits

Source: 005010X221A1, section 1.10.2.8 (a correction comes after the reversal of what it corrects).
"""

from store.remits.answered.judging import clashing, crowded, judged_now
from store.remits.answered.reversals import answer_to_reverse, replacing_numbers, waiting_for
from store.remits.answered.rivals import IN_SAME_PAYMENT, NO_REVERSAL
from store.remits.answered.second import NOTHING_TO_REVERSE, without_second_answers
from store.remits.answered.standing import (
    REPLACED,
    SETTLED,
    answered_by_next,
    answers_of,
    place_of_answer,
    replaced_later,
    replacements,
    reversed_by,
    reversed_later,
    reversed_of,
    standing_answers,
    standing_places,
)

__all__ = [
    "IN_SAME_PAYMENT",
    "NOTHING_TO_REVERSE",
    "NO_REVERSAL",
    "REPLACED",
    "SETTLED",
    "answer_to_reverse",
    "answered_by_next",
    "answers_of",
    "clashing",
    "crowded",
    "judged_now",
    "place_of_answer",
    "replaced_later",
    "replacements",
    "replacing_numbers",
    "reversed_by",
    "reversed_later",
    "reversed_of",
    "standing_answers",
    "standing_places",
    "waiting_for",
    "without_second_answers",
]
