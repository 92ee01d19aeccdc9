"""What scripts/check_packages is made of."""
