"""A made-up area of any size, from a number."""
