"""Models with random weights in diffusers' format: small ones to test with, full ones to time."""
