"""What the scripts that draw charts share."""
