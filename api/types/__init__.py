"""Types of documents as people write them down: the standard list and its form."""
