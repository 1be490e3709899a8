"""Errors as callers read them: problem documents (RFC 9457), from one table."""
