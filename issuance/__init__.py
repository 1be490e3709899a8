"""The register: drafts, numbers, seals and issued documents; pure, with the ports it needs."""
