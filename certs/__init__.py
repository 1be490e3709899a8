"""Certificates, trust anchors, revocation and time: bytes and values in, values out; see ``docs/architecture.md``."""
