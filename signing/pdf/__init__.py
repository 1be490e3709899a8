"""The part of PDF that a signature needs: values, a strict reader, a writer of increments."""
