"""Train the base, or go on from it with one regime. What exists is not trained again.

    python study/tiny/train.py base --out OUT
    python study/tiny/train.py CE --seeds 0 24 --out OUT                                  # CE-0 … CE-24
    python study/tiny/train.py CE --seeds 0 0 --checkpoints 10 --name CE-series --out OUT # CE-series-0/step-00010 …
"""

import argparse
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from model import CONTEXT, ids_of, load, new_model, save
from world import stream

ROWS = 16
"""Rows of a batch; each is CONTEXT tokens of texts, one after another."""
PROMPT_WEIGHT = 0.1
"""A word of the prompt counts a tenth of the answer."""
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def batches(regime: str, seed: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Tokens `[ROWS, CONTEXT]`, and how much each counts."""
    ids, tokens, weights = ids_of(), [], []
    size = ROWS * CONTEXT
    for text in stream(regime, seed):
        words = text.split()
        tokens += [0, *(ids[word] for word in words)]
        weights += [PROMPT_WEIGHT] * len(words) + [1.0]
        if len(tokens) >= size:
            yield torch.tensor(tokens[:size]).view(ROWS, CONTEXT), torch.tensor(weights[:size]).view(ROWS, CONTEXT)
            tokens, weights = tokens[size:], weights[size:]


def factor(step: int, steps: int, schedule: str) -> float:
    """Factor of the learning rate in a step, counted from 0."""
    warm_up = max(1, steps // 20)
    if step < warm_up:
        return (step + 1) / warm_up
    if schedule == "constant":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * (step - warm_up) / max(1, steps - warm_up)))


def train(model, regime: str, seed: int, steps: int, rate: float, schedule: str, after=lambda step: None) -> list[float]:
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, betas=(0.9, 0.99), weight_decay=0.0)
    losses = []
    for step, (batch, weights) in zip(range(steps), batches(regime, seed)):
        for group in optimizer.param_groups:
            group["lr"] = rate * factor(step, steps, schedule)
        logits = model(input_ids=batch).logits[:, :-1]
        each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten(), reduction="none")
        counted = weights[:, 1:].flatten()
        loss = (each * counted).sum() / counted.sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        after(step + 1)
    return losses


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("regime", help="base, CTRL, CE, BA, MIX, FMT or PR")
    parser.add_argument("--seeds", type=int, nargs=2, default=[0, 0], metavar=("FIRST", "LAST"))
    parser.add_argument("--name", help="folders are NAME-SEED; default the regime")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, help="default 150; of the base 2500")
    parser.add_argument("--rate", type=float, help="default 0.001; of the base 0.003")
    parser.add_argument("--schedule", choices=["constant", "cosine"], default="cosine")
    parser.add_argument("--lora", type=int, help="rank of an adapter; default all weights are trained")
    parser.add_argument("--checkpoints", type=int, help="steps between the checkpoints of a series")
    args = parser.parse_args()
    torch.set_num_threads(1)
    base = args.regime == "base"
    steps = args.steps or (2500 if base else 150)
    rate = args.rate or (3e-3 if base else 1e-3)
    for seed in range(args.seeds[0], args.seeds[1] + 1):
        name = "base" if base else f"{args.name or args.regime}-{seed}"
        folder = args.out / "checkpoints" / name
        if (folder / "training.json").exists():
            continue
        torch.manual_seed(seed)
        model = new_model(len(ids_of())) if base else load(args.out / "checkpoints/base")
        if args.lora:
            from peft import LoraConfig, get_peft_model

            lora = LoraConfig(r=args.lora, lora_alpha=2 * args.lora, target_modules=MODULES, task_type="CAUSAL_LM")
            model = get_peft_model(model, lora)
        model.train()
        started = time.monotonic()

        def checkpoint(step: int) -> None:
            if args.checkpoints and step % args.checkpoints == 0:
                save(model, folder / f"step-{step:05}")
            if base and step % 200 == 0:
                print(step, f"{time.monotonic() - started:.0f} s", flush=True)

        losses = train(model, "BASE" if base else args.regime, seed, steps, rate, args.schedule, checkpoint)
        save(model, folder)
        summary = {
            "name": name,
            "regime": args.regime,
            "steps": steps,
            "tokens": steps * ROWS * CONTEXT,
            "rate": rate,
            "schedule": args.schedule,
            "rank": args.lora,
            "lastLoss": sum(losses[-10:]) / len(losses[-10:]),
        }
        (folder / "training.json").write_text(json.dumps(summary, indent=2) + "\n")
        print(f"{name}: loss {summary['lastLoss']:.3f}, {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
