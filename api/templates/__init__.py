"""Typesetting sources for documents that are made from fields, and what fills them."""
