"""What closes, whatever opens: deny beats allow."""
