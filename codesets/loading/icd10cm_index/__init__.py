"""Stores the alphabetic indexes and the neoplasm and drug tables, and finds the terms that "see" names.

A reference such as "Pain, abdominal" names a main term and words below it, at times in another order and fewer than
are printed; "by site" and "by type" are directions, not words. What names no term, or more than one, stays a text.
`storing` writes the rows, `book` finds the term of a reference, `steps` compares words with a path.
"""

from codesets.loading.icd10cm_index.storing import BOOKS, Resolved, resolve_across, resolved, store_terms

__all__ = ["BOOKS", "Resolved", "resolve_across", "resolved", "store_terms"]
