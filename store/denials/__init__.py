"""Denials: what a payer did not pay and might yet, one record per line, group and reason.

A denial is opened when a remittance is posted, and moved by people:

    posted ──> OPEN ──appeal──> APPEALED ──appeal──> APPEALED (next level)
                 │                  │
                 ├──── resolve ─────┴──> RESOLVED      paid after all; refused while its money is owed (`owed`)
                 ├──── write off ──────> WRITTEN_OFF   money is posted from denied to write-off
                 ├──── patient owes ───> PATIENT_OWES  money is posted from denied to the patient (`liable` says when)
                 ├──── remittance taken back, or reversed by the payer ──> WITHDRAWN
                 ├──── next payer answers for it (`next_answers`) ──> RESOLVED   opens again where that answer goes away
                 └──── void of its claim stands (`voided`) ────────────────> WITHDRAWN   opens again where it is refused

What people closed they can open again; the money comes back to denied with it.

What is no denial (contractual reductions, the patient's share, what another payer paid) is told by `reasons`. Denied
money stays in the journal account `denied` until somebody decides on it or it is paid.
"""
