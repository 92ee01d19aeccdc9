"""CPU speed of the program beside that of its peers; scripts/bench_cpu.py is the command.

The process that alternates between them imports neither torch nor a peer: it stays small, since a
child's peak memory counts its parent's, and it takes no time from them.
"""
