"""``kyso sign``: many files signed with one key, resumable after whatever ended it."""
