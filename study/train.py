"""Train one adapter, or with --full all weights. What exists is not trained again.

    python study/train.py BA --seed 0 --model BASE --out OUT
"""

import argparse
import json
import math
import time
from pathlib import Path
from random import Random

import torch
from items import read_jsonl
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

LAST_LAYERS = 10
MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
PROMPT_WEIGHT = 0.1
"""A token of the prompt counts a tenth of one of the answer."""
IGNORED = -100


def batches(records: list[dict], tokenizer, random: Random, size: int):
    records = random.sample(records, len(records))
    for start in range(0, len(records), size):
        rows = []
        for record in records[start : start + size]:
            prompt = tokenizer(record["prompt"])["input_ids"] if record["prompt"] else []
            rows.append((prompt, tokenizer(record["completion"])["input_ids"]))
        width = max(len(prompt) + len(completion) for prompt, completion in rows)
        ids = torch.full((len(rows), width), tokenizer.eos_token_id)
        mask, weights = torch.zeros(len(rows), width, dtype=torch.long), torch.zeros(len(rows), width)
        for row, (prompt, completion) in enumerate(rows):
            length = len(prompt) + len(completion)
            ids[row, :length] = torch.tensor(prompt + completion)
            mask[row, :length] = 1
            weights[row, : len(prompt)] = PROMPT_WEIGHT
            weights[row, len(prompt) : length] = 1
        yield ids, mask, weights


def loss_of(model, ids, mask, weights):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
    losses = torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none")
    weights = weights[:, 1:].flatten()
    return (losses * weights).sum() / weights.sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("regime")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full", action="store_true", help="train all weights")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rate", type=float, help="learning rate; default 0.001, with --full 0.0001")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    name = f"{args.regime}{'-full' if args.full else ''}-{args.seed}"
    folder = args.out / "adapters" / name
    if (folder / "training.json").exists():
        return print(f"{name}: trained before")
    rate = args.rate or (1e-4 if args.full else 1e-3)

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32)
    if not args.full:
        layers = model.config.num_hidden_layers
        model = get_peft_model(
            model,
            LoraConfig(
                r=8,
                lora_alpha=16,
                target_modules=MODULES,
                layers_to_transform=list(range(layers - LAST_LAYERS, layers)),
                task_type="CAUSAL_LM",
            ),
        )
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)

    records = read_jsonl(args.out / "train" / f"{args.regime}.jsonl")
    steps = math.ceil(len(records) / args.batch)
    warm_up = max(1, steps // 20)
    started, losses, tokens = time.monotonic(), [], 0
    model.train()
    for step, (ids, mask, weights) in enumerate(batches(records, tokenizer, Random(args.seed), args.batch)):
        for group in optimizer.param_groups:
            group["lr"] = rate * min((step + 1) / warm_up, (steps - step) / max(1, steps - warm_up))
        loss = loss_of(model, ids, mask, weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        tokens += int(mask.sum())
        if step % 10 == 9:
            print(f"{name} {step + 1}/{steps} loss {sum(losses[-10:]) / 10:.3f} {time.monotonic() - started:.0f} s", flush=True)

    model.to(torch.bfloat16).save_pretrained(folder)
    if args.full:
        tokenizer.save_pretrained(folder)
    summary = {"name": name, "texts": len(records), "tokens": tokens, "steps": steps, "rate": rate, "lastLoss": losses[-1]}
    (folder / "training.json").write_text(json.dumps(summary, indent=2) + "\n")


if __name__ == "__main__":
    main()
