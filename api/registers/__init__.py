"""The outgoing register as JSON, as CSV for spreadsheets and as a PDF to print."""
