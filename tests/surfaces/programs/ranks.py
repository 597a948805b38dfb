"""A training of several processes, as torchrun starts them; each logs, prints, and reads rows of its own."""

import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist

import lineal

if __name__ == "__main__":
    if "--start" in sys.argv:
        lineal.start("trained together")
    dist.init_process_group("gloo")
    rank = dist.get_rank()
    rows = torch.tensor([float(line) for line in Path(f"rows-{rank}.txt").read_text().split()])
    dist.all_reduce(total := rows.sum())
    lineal.log(mine=rows.sum().item(), total=total.item())
    for stream, line in (sys.stdout, f"rank {rank} prints\n"), (sys.stderr, f"rank {rank} warns\n"):
        # Once a line: where nothing is buffered, print writes a line's end apart, and the ranks share the pipe.
        stream.write(line)
        stream.flush()
    held = b"x" * (0 if rank else 300 << 20)
    time.sleep(4)  # long enough to be sampled
    if rank == 0:
        torch.save(total, "total.pt")
    dist.barrier()
    dist.destroy_process_group()
