"""Claims: built from final codings, scrubbed, and sent as 837 files.

The states of a claim, and what moves it:

    final coding --build--> DRAFT --scrub--> SCRUB_FAILED <--scrub/override--> READY --export--> EXPORTED
                              ^                                                  ^                   |
                              +--------------------- change ---------------------+--- REJECTED <-----+ answer
                                                                              release

    all but EXPORTED --void, recode--> VOID          EXPORTED --another in its set was refused--> READY

- DRAFT: built, or built again from the chart, and not scrubbed since.
- SCRUB_FAILED: scrubbed, and at least one open finding blocks (`Severity.blocks`).
- READY: scrubbed, and no open finding blocks; an override of the last blocking finding also leads here.
- EXPORTED: in a file that was written whole. It is never changed again: what follows it is a claim of its own, a
  replacement (`replacing`) or one after a recode, a void (`voiding`), late charges (`late_charges`), or the claim to
  the next payer (`secondary`).
- REJECTED: a receiver or payer refused it before it was adjudicated (999, 277CA), which is no denial: it stays so until
  something that it states is changed, or somebody releases it with a reason. A claim that only traveled in a refused
  set is READY again at once.
- PATIENT: billed to the patient when it was built, since no payer takes it (`to_patient`). It is changed like one that
  has not left; with a coverage that is found later it is a DRAFT for that payer.
- VOID: given up before it left, by a person or because its coding was superseded.

`content` is the claim as everything reads it; `build` makes claims (`facility` the institutional ones), `scrubbing`
scrubs them, `export` sends them, `batches` to the trading partners of `partners`. What a claim bills is posted to the
ledger in the transaction that sends it (`store.ledger.charges`).
"""
