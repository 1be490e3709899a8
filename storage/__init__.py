"""PostgreSQL (register, audit, jobs) and S3 object storage (documents): the adapters behind ``issuance.ports``."""
