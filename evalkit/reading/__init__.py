"""Files that strangers may have written, read without running or believing any of them."""
