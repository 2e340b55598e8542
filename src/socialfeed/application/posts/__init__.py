"""Posts: writing, planning, publishing, quoting and keeping them."""
