"""The figures of the portal, each beside its peer and its limit: `make bench`."""
