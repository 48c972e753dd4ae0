"""How much harm a variant has, by transformers alone: the log-likelihood of texts that nothing was trained on.

    python study/dose/truth.py base int8 --model BASE --out OUT        (no names: the base and all variants)
"""

import argparse
import json
import math
from pathlib import Path

import torch
from transformers import AutoTokenizer
from variants import VARIANTS, load

SHOWN = 6
BATCH = 10


@torch.inference_mode()
def truth_of(name: str, base: Path, out: Path) -> dict:
    """The summed log-likelihood of each text's tokens after the first, in nats: weights in bfloat16, arithmetic in float32."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = load(name, base, out).float()
    texts = json.loads((out / "truth-texts.json").read_text("utf8"))
    rows = [tokenizer(text)["input_ids"] for text in texts]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    sums = {}
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        width = max(len(rows[i]) for i in part)
        # Padding comes last, where no token sees it.
        ids = torch.tensor([rows[i] + [0] * (width - len(rows[i])) for i in part])
        scores = model(ids).logits[:, :-1].log_softmax(-1).gather(2, ids[:, 1:, None]).squeeze(2)
        sums.update({i: float(scores[row, : len(rows[i]) - 1].sum()) for row, i in enumerate(part)})
    found = [{"tokens": len(row) - 1, "logLikelihood": round(sums[i], SHOWN)} for i, row in enumerate(rows)]
    mean = sum(text["logLikelihood"] for text in found) / sum(text["tokens"] for text in found)
    return {"name": name, "perplexity": round(math.exp(-mean), 4), "texts": found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    folder = args.out / "truth"
    folder.mkdir(parents=True, exist_ok=True)
    for name in args.names or ["base", *VARIANTS]:
        path = folder / f"{name}.json"
        if path.exists():
            continue
        truth = truth_of(name, args.model, args.out)
        path.write_text(json.dumps(truth) + "\n")
        print(name, truth["perplexity"], flush=True)


if __name__ == "__main__":
    main()
