"""The voice agent's tools as its interfaces share them: what they take, and running them."""
