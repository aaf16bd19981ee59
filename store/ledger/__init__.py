"""The ledger: what every account owes and is owed, as the sum of postings that come to zero each.

    claim leaves      payer receivable  +charge      charges             -charge
    payer answers     cash, contractual, denied, …   payer receivable    (`store.remits.batch`)
    denial decided    patient receivable +cents      denied              -cents    (`store.denials.decided`)
    secondary leaves  payer receivable  +share       patient receivable  -share
    patient pays      cash              +paid        patient receivable  -paid
    written off       write-off         +cents       a receivable        -cents
    refunded          a receivable      +cents       cash                -cents

A claim that replaces or voids one that left takes that one's charge back. Nothing is ever changed or deleted: what was
posted wrongly is taken back by a posting of its own. Amounts are cents, debits positive.
"""
