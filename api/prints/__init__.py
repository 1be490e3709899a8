"""Sheets that are printed behind a document."""
