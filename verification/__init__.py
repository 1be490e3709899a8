"""Verification of signed PDFs (ETSI EN 319 102-1), and the sandbox in which foreign files are opened."""
