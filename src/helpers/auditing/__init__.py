"""One report audited, and kept by content."""
