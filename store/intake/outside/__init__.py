"""X12 837 of outside coders in: each claim as an encounter with its charges and the coder's codes as source codes.

The claims are read by `store.x12.claims837`; `claims` says what each means here, `terms.toml` holds the code lists.
"""
