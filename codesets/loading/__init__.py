"""Stores what the sources read in the reference database: the tables, and one module per family of files."""
