"""Takes a GPU's memory but for so many MiB, says so with a line, and holds it until stdin ends.

Use: `memory_holder.py MIB`
"""

import sys

import torch

MEBIBYTE = 1 << 20
CHUNK = 64 * MEBIBYTE


def main(left: int) -> None:
    """Takes it in pieces, since the driver may not have it in one."""
    held = []
    torch.zeros(1, device="cuda")
    while torch.cuda.mem_get_info()[0] - CHUNK > left * MEBIBYTE:
        size = max(CHUNK, (torch.cuda.mem_get_info()[0] - left * MEBIBYTE) // 2 // CHUNK * CHUNK)
        held.append(torch.empty(size, dtype=torch.uint8, device="cuda"))
    print(torch.cuda.mem_get_info()[0] // MEBIBYTE, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
