"""The doctor: measures every clip of a data set, compares clips, and tells what it finds in tables and on a page."""
