"""Audits: samples (`samples`), review (`review`), answers (`answers`), scores (`scores`), education (`education`)."""
