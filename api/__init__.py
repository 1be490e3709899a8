"""HTTP, web pages and command line; the composition root, the only place that knows every part."""
