"""Documents to Markdown: files read by one converter each, audited page by page, mended and joined."""
