"""Turns a Stable Diffusion model in diffusers' format into a deepcache-gen model folder."""
