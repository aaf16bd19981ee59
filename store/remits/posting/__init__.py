"""Takes in remittance files and posts their money, and takes it back.

    a file arrives ──> held       it does not add up, has a fault, or is negative: nothing of it is posted
                  └──> posted ──> unposted     every posting taken back by one of opposite sign
    held ──> set aside                         the same payment came whole later, or a person says why

Cash of a remittance is always BPR02: posted + unapplied - PLB (`store.remits.batch` has the journal lines). Nothing
is adjusted that the file does not state. A set is one transaction, and its denials are opened in it. The same payment
twice (`identity`) is said and posts nothing.

    taking_in     a file, set by set              taking_back   what was posted, unless something rests on it
    holding       what waits, and no more waits   again         what was taken back, posted once more
    identity      which payment is here already
    journal       what all of it comes to         outcomes      what is said of it, and why a step is refused
"""

from store.remits.posting.again import post_again
from store.remits.posting.holding import hold_again, set_aside
from store.remits.posting.identity import claims_of_set
from store.remits.posting.journal import cash_of, mirror, prove
from store.remits.posting.outcomes import BilledOn, FileTakenIn, RemittanceRefused, ReversedLater, TakenIn
from store.remits.posting.taking_back import require_places_free, unpost
from store.remits.posting.taking_in import take_in

__all__ = [
    "BilledOn",
    "FileTakenIn",
    "RemittanceRefused",
    "ReversedLater",
    "TakenIn",
    "cash_of",
    "claims_of_set",
    "hold_again",
    "mirror",
    "post_again",
    "prove",
    "require_places_free",
    "set_aside",
    "take_in",
    "unpost",
]
