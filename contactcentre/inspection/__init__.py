"""What files are by their bytes, and what is in them: kinds, pictures, archives."""
