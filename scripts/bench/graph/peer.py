"""PyTorch's side of the suite `graph`, driven line by line by `measureInTurns`: peer.py NETWORK PRECISION LAYOUT."""

import json
import os
import sys
import time

import torch
from weight_files import load_weights, read_safetensors

network_name, precision, layout = sys.argv[1:]
torch.set_num_threads(len(os.sched_getaffinity(0)))
torch.manual_seed(0)


def load(folder):
    tensors = {kind: read_safetensors(f"{folder}/{network_name}-{kind}.safetensors") for kind in ("weights", "inputs")}
    with open(f"{folder}/params.json", encoding="utf8") as file:
        params = json.load(file)
    if network_name == "prototype":
        from prototype_network import create
    else:
        from mask_rcnn import create
    work = create(tensors["inputs"], params)
    parameters = load_weights(work["network"], tensors["weights"])
    first_loss = work["check"](work["images"])
    if layout == "channels-last":
        work["network"].to(memory_format=torch.channels_last)
        work["images"] = work["images"].contiguous(memory_format=torch.channels_last)
    return work, work["optimizer"](), {"parameters": parameters, "reference_loss": first_loss}


def step(work, optimizer):
    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
        loss = work["loss"](work["images"])
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    if work["clip_norm"] is not None:
        torch.nn.utils.clip_grad_norm_(work["network"].parameters(), work["clip_norm"])
    optimizer.step()
    return loss.item()


work, optimizer, about = load(json.loads(sys.stdin.readline())["folder"])
print(json.dumps(about), flush=True)
while sys.stdin.readline():
    start = time.perf_counter()
    loss = step(work, optimizer)
    print(json.dumps({"seconds": time.perf_counter() - start, "output": loss}), flush=True)
