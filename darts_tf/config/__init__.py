"""Options, registries, errors, and how programs start and end."""
