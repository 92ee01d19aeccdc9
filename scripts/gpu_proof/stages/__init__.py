"""The stages, a file each: `run` does one, and notes what it finds as it comes."""
