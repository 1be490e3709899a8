"""What an operator sets, where it is read from, and what is too dangerous to be let through."""
