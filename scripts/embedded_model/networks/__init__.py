"""The networks, and what their trainings share."""
