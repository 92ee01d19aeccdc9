"""How good the pictures are that the program makes."""
