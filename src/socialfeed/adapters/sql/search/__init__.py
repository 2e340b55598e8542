"""The search index in the database itself: what each of the two does best, behind one port."""
