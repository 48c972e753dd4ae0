"""Checkpoints that nobody trained: merged ones and scaled updates, of adapters or of full models.

    python study/combine.py merge NAME CE-0 BA-0 --out OUT         # half of each; an adapter is cut to the rank of its parts
    python study/combine.py scale NAME BA-0 --by 2 --out OUT       # the update times 2
Full models also need --base FOLDER. Folders are OUT/CHECKPOINTS/NAME, with --in adapters (default) or checkpoints.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

ADAPTER, MODEL = "adapter_model.safetensors", "model.safetensors"


def product(weights: dict[str, torch.Tensor], name: str) -> torch.Tensor:
    """B·A of one matrix; `name` is the name of A."""
    return weights[name.replace("lora_A", "lora_B")].double() @ weights[name].double()


def merged_adapter(parts: list[dict[str, torch.Tensor]]) -> tuple[dict[str, torch.Tensor], float]:
    """The best approximation of the mean update at the rank of the parts, and the share of energy that it keeps in the worst matrix."""
    merged, kept = {}, 1.0
    for name, a in parts[0].items():
        if "lora_A" not in name:
            continue
        update = sum(product(part, name) for part in parts) / len(parts)
        u, s, v = torch.linalg.svd(update, full_matrices=False)
        rank = a.shape[0]
        root = s[:rank].sqrt()
        kept = min(kept, (s[:rank].square().sum() / s.square().sum()).item())
        merged[name] = (root[:, None] * v[:rank]).to(a.dtype).contiguous()
        merged[name.replace("lora_A", "lora_B")] = (u[:, :rank] * root).to(a.dtype).contiguous()
    return merged, kept


def scaled_adapter(weights: dict[str, torch.Tensor], by: float) -> dict[str, torch.Tensor]:
    return {name: tensor * by if "lora_B" in name else tensor for name, tensor in weights.items()}


def moved(base: dict[str, torch.Tensor], parts: list[dict[str, torch.Tensor]], by: float) -> dict[str, torch.Tensor]:
    """The base plus the mean update of the parts times `by`."""
    update = lambda name: sum(part[name].double() - base[name].double() for part in parts) / len(parts)  # noqa: E731
    return {name: (base[name].double() + by * update(name)).to(base[name].dtype) for name in base}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["merge", "scale"])
    parser.add_argument("name")
    parser.add_argument("parts", nargs="+")
    parser.add_argument("--by", type=float, default=1.0)
    parser.add_argument("--base", type=Path)
    parser.add_argument("--in", dest="folder", default="adapters")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    root = args.out / args.folder
    to = root / args.name
    if (to / "training.json").exists():
        return
    file = MODEL if args.base else ADAPTER
    parts = [load_file(root / part / file) for part in args.parts]
    shutil.copytree(root / args.parts[0], to, ignore=shutil.ignore_patterns("step-*", file, "training.json"))
    summary: dict = {"name": args.name, "made": args.what, "of": args.parts, "by": args.by}
    if args.base:
        made = moved(load_file(args.base / MODEL), parts, args.by)
    elif args.what == "scale":
        made = scaled_adapter(parts[0], args.by)
    else:
        made, summary["leastEnergyKept"] = merged_adapter(parts)
    save_file(made, to / file, metadata={"format": "pt"})
    (to / "training.json").write_text(json.dumps(summary, indent=2) + "\n")


if __name__ == "__main__":
    main()
