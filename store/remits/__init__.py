"""Remittances: what payers say they paid, added up before anything is believed."""
