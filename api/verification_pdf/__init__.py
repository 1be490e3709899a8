"""A verification report as one printed page, for a dossier on paper."""
