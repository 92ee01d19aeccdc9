"""What scripts/gpu_check does: a few minutes on a machine with a GPU, of which every one tells something.

Its own process imports the standard library only. What needs torch runs in children: `make_models`, `peer`,
`picture_differences` and `memory_holder`.
"""
