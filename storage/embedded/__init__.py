"""PostgreSQL and an S3 server from wheels, for one machine without a container engine.

Each class prepares its folder and says which process to run; the supervisor (``api/supervision/supervisor.py``) runs
it. The rest of the product sees a database URL and an S3 endpoint, the same as in production.
"""
