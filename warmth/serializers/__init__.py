"""What the API of `warmth` shows and takes."""
