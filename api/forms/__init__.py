"""The JSON of the HTTP interface, a file for each subject: what callers send, what is answered."""
