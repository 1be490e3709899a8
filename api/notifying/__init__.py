"""Messages about documents on their way out: calls to other systems and letters to followers."""
