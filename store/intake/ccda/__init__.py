"""C-CDA R1.1 and 2.1 in: a document with its narrative as readable text, its entries as hints, never more.

The narrative is the legal text; coded entries may disagree with it and become source codes. A document that names no
visit goes to the one visit of its patient on its day, else a person chooses: no visit is ever made up. `narrative`
makes the text, `document` reads header and entries, `terms.toml` holds the words of the standard.
"""
