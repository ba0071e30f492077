"""A terminal console for the people who answer customers of a WeChat service account."""
