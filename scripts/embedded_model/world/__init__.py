"""What a scene is, how it is told in words, and the data set on disk."""
