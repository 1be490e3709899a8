"""The demonstration: a sample notice, its images, keys and accounts, and the main job run through the HTTP API."""
