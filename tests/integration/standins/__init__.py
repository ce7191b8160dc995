"""Small programs in place of the product's, so that the supervisor can be tried by itself with its real engines."""
