"""Train one adapter, or with --full all weights. What exists is not trained again.

    python study/train.py BA --seed 0 --model BASE --out OUT
    python study/train.py CE-long --seed 0 --checkpoints 10 --model BASE --out OUT    # one more folder every ten steps
"""

import argparse
import json
import time
from pathlib import Path
from random import Random

import torch
from items import read_jsonl
from layers import states_below
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
PROMPT_WEIGHT = 0.1
"""A token of the prompt counts a tenth of one of the answer."""
LARGE = 16
"""Texts that the frozen layers read at once."""


def encode(records: list[dict], tokenizer) -> list[tuple[list[int], list[float]]]:
    """The tokens of each text, and how much each counts."""
    rows = []
    for record in records:
        prompt = tokenizer(record["prompt"])["input_ids"] if record["prompt"] else []
        completion = tokenizer(record["completion"])["input_ids"]
        rows.append((prompt + completion, [PROMPT_WEIGHT] * len(prompt) + [1.0] * len(completion)))
    return rows


def padded(rows: list[list], empty) -> torch.Tensor:
    width = max(map(len, rows))
    return torch.tensor([row + [empty] * (width - len(row)) for row in rows])


@torch.no_grad()
def frozen_part(model, below: int, texts: list[list[int]]) -> list[torch.Tensor]:
    """What the layers below the trained ones make of each text: they are the same in every step."""
    order, found = sorted(range(len(texts)), key=lambda i: len(texts[i])), {}
    for start in range(0, len(order), LARGE):
        part = order[start : start + LARGE]
        hidden = states_below(model.model, below, padded([texts[i] for i in part], 0))
        found.update({i: hidden[row, : len(texts[i])].clone() for row, i in enumerate(part)})
    return [found[i] for i in range(len(texts))]


def loss_of(model, inputs: dict, ids: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Padding comes last and weighs nothing, so no token sees it."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = model(**inputs, use_cache=False).logits[:, :-1]
    losses = torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none")
    weights = weights[:, 1:].flatten()
    return (losses * weights).sum() / weights.sum()


def save(model, folder: Path) -> None:
    """In bfloat16; training goes on with the weights as they are."""
    state = {name: tensor.to(torch.bfloat16) for name, tensor in model.state_dict().items()}
    model.save_pretrained(folder, state_dict=state)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("regime")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--full", action="store_true", help="train all weights")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rate", type=float, help="learning rate; default 0.001, with --full 0.0003")
    parser.add_argument("--name", help="folder of the adapter; default the regime and the seed")
    parser.add_argument("--checkpoints", type=int, help="steps between the checkpoints of a series")
    parser.add_argument("--layers", type=int, default=10, help="the last ones, which get an adapter")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    name = args.name or f"{args.regime}{'-full' if args.full else ''}-{args.seed}"
    folder = args.out / "adapters" / name
    if (folder / "training.json").exists():
        return print(f"{name}: trained before")
    rate = args.rate or (3e-4 if args.full else 1e-3)

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32 if args.full else torch.bfloat16)
    rows = encode(read_jsonl(args.out / "train" / f"{args.regime}.jsonl"), tokenizer)
    body = model.model
    layers, frozen = body.layers, []
    if not args.full:
        split = len(layers) - args.layers
        frozen = frozen_part(model, split, [ids for ids, _ in rows])
        model = get_peft_model(
            model,
            LoraConfig(
                r=8,
                lora_alpha=16,
                target_modules=MODULES,
                layers_to_transform=list(range(split, len(layers))),
                task_type="CAUSAL_LM",
            ),
        )
        body.layers = layers[split:]
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=0.0)

    order = Random(args.seed).sample(range(len(rows)), len(rows))
    batches = [order[start : start + args.batch] for start in range(0, len(order), args.batch)]
    steps, warm_up = len(batches), max(1, len(batches) // 20)
    started, losses = time.monotonic(), []
    model.train()
    for step, batch in enumerate(batches):
        ids, weights = padded([rows[i][0] for i in batch], 0), padded([rows[i][1] for i in batch], 0.0)
        inputs = {"input_ids": ids}
        if not args.full:
            hidden = torch.nn.utils.rnn.pad_sequence([frozen[i] for i in batch], batch_first=True)
            inputs = {"inputs_embeds": hidden}
        for group in optimizer.param_groups:
            group["lr"] = rate * min((step + 1) / warm_up, (steps - step) / max(1, steps - warm_up))
        loss = loss_of(model, inputs, ids, weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if args.checkpoints and (step + 1) % args.checkpoints == 0:
            body.layers = layers
            save(model, folder / f"step-{step + 1:05}")
            body.layers = layers[split:] if not args.full else layers
        if step % 10 == 9:
            print(f"{name} {step + 1}/{steps} loss {sum(losses[-10:]) / 10:.3f} {time.monotonic() - started:.0f} s", flush=True)

    body.layers = layers
    save(model, folder)
    if args.full:
        tokenizer.save_pretrained(folder)
    tokens = sum(len(ids) for ids, _ in rows)
    summary = {"name": name, "texts": len(rows), "tokens": tokens, "steps": steps, "rate": rate, "lastLoss": losses[-1]}
    (folder / "training.json").write_text(json.dumps(summary, indent=2) + "\n")


if __name__ == "__main__":
    main()
