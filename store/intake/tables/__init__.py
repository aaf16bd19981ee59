"""CSV and TSV in: worklists, charge exports, lists of codes and patients, by saved column maps.

`sheet` reads rows tolerantly, `columns` holds maps and saves them, `guess` proposes one and says why, `rows` makes
statements. A file whose header no map fits is not taken in before a person has looked at the guess.
"""
