"""Denials: what a payer did not pay and might yet, one record per line, group and reason.

A denial is opened when a remittance is posted, and moved by people:

    posted ──> OPEN ──appeal──> APPEALED ──appeal──> APPEALED (next level)
                 │                  │
                 ├──── resolve ─────┴──> RESOLVED      paid after all, or settled another way
                 ├──── write off ──────> WRITTEN_OFF   money is posted from denied to write-off
                 └──── remittance taken back, or reversed by the payer ──> WITHDRAWN

What is no denial (contractual reductions, the patient's share, what another payer paid) is told by `reasons`. Denied
money stays in the journal account `denied` until it is written off or paid.
"""
