"""PAdES signatures in two halves: bytes in, bytes out, whoever holds the key."""
