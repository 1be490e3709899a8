"""The command line: names, options and help of every command; their work is in ``api/commands``."""
