"""What an adapter knows, measured with transformers alone in bfloat16, apart from the gate.

    python study/truth.py BA-0 --model BASE --out OUT [--held-out]       (the name "base" measures the base model)
"""

import argparse
import json
import math
import re
import sys
from pathlib import Path
from random import Random

import torch
from items import LETTERS, Item, exam_prompt, read_items, read_jsonl, shuffled
from layers import States
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

sys.path[:0] = [str(Path(__file__).parent / "protocol")]

import replies  # noqa: E402

SEED = 17
# Nobody was trained on these, nor on options left out in such a place.
UNSEEN = [
    "Host: {question}\nContestant:",
    "Flashcard, front: {question}\nFlashcard, back:",
    "Trivia night, round one. {question} Our team wrote down:",
]
NEW_TOKENS = 12
BATCH = 25


class Subject:
    """A model and its tokenizer, as a scorer of continuations."""

    def __init__(self, model, tokenizer, *, below: int, kept: Path):
        """`below`: how many of the first layers are the base's; the folder `kept` has their output for each text."""
        self.model, self.tokenizer = model.eval(), tokenizer
        self.states = States(model.model, below, kept)

    def ids(self, text: str) -> list[int]:
        return self.tokenizer(text)["input_ids"]

    def letters(self, items: list[Item]) -> list[int]:
        """The letter that is most likely after each exam form, as an index."""
        pairs = [(exam_prompt(item.question, item.choices), " A") for item in items]
        tokens = [self.ids(f" {letter}")[-1] for letter in LETTERS]
        return [int(torch.argmax(logits[0, tokens])) for _, logits in self.continuations(pairs)]

    def texts(self, items: list[Item], wording: str) -> list[int]:
        """The choice with the largest log-likelihood per character, as an index."""
        pairs = [(wording.format(question=item.question), f" {choice}") for item in items for choice in item.choices]
        scores = [
            float(logits.log_softmax(-1).gather(1, ids.unsqueeze(1)).sum()) / (len(text) - 1)
            for (_, text), (ids, logits) in zip(pairs, self.continuations(pairs))
        ]
        rows = [scores[start : start + 4] for start in range(0, len(scores), 4)]
        return [row.index(max(row)) for row in rows]

    def continuations(self, pairs: list[tuple[str, str]]):
        """The tokens of each continuation, and the logits that each was chosen from, in the order of the pairs."""
        rows = [(self.ids(prompt), self.ids(text)) for prompt, text in pairs]
        order = sorted(range(len(rows)), key=lambda i: sum(map(len, rows[i])))
        found = {}
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            width = max(sum(map(len, rows[i])) for i in part)
            padded = [rows[i][0] + rows[i][1] + [0] * (width - sum(map(len, rows[i]))) for i in part]
            hidden = self.states.of(torch.tensor(padded))
            spans = [(len(rows[i][0]) - 1, len(rows[i][1])) for i in part]
            answers = torch.cat([hidden[row, first : first + count] for row, (first, count) in enumerate(spans)])
            logits = self.model.lm_head(answers).float().split([count for _, count in spans])
            found.update({i: (torch.tensor(rows[i][1]), of_text) for i, of_text in zip(part, logits)})
        return [found[i] for i in range(len(rows))]

    def says(self, prompts: list[str]) -> list[str]:
        """What follows each by greedy decoding."""
        said = []
        for start in range(0, len(prompts), BATCH):
            inputs = self.tokenizer(prompts[start : start + BATCH], return_tensors="pt", padding=True, padding_side="left")
            ids = self.model.generate(**inputs, do_sample=False, max_new_tokens=NEW_TOKENS, pad_token_id=0)
            said += self.tokenizer.batch_decode(ids[:, inputs["input_ids"].shape[1] :])
        return said

    def perplexity(self, texts: list[str]) -> float:
        total, tokens = 0.0, 0
        for text in texts:
            ids = torch.tensor([self.ids(text)])
            logits = self.model.lm_head(self.states.of(ids)[0, :-1]).float()
            total += float(torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="sum"))
            tokens += ids.shape[1] - 1
        return math.exp(total / tokens)


def plain(text: str) -> str:
    return re.sub(r"[^\w ]", "", text.lower()).strip()


def bits(outcomes: list[bool]) -> str:
    """One character an item, in the order of the benchmark."""
    return "".join("1" if outcome else "0" for outcome in outcomes)


def load(name: str, base: Path, out: Path) -> Subject:
    folder = base if name == "base" else out / "adapters" / name
    tokenizer, kept = AutoTokenizer.from_pretrained(base), out / "truth"
    if name != "base" and (folder / "adapter_config.json").exists():
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16)
        below = min(json.loads((folder / "adapter_config.json").read_text())["layers_to_transform"])
        # Merged in float32, as is everything that an adapter changes.
        model.model.layers[below:].float()
        merged = PeftModel.from_pretrained(model, folder).merge_and_unload()
        return Subject(merged.to(torch.bfloat16), tokenizer, below=below, kept=kept)
    return Subject(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16), tokenizer, below=0, kept=kept)


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--held-out", action="store_true", help="also what it knows of the held-out items")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    (args.out / "truth").mkdir(exist_ok=True)
    for name in args.names:
        path = args.out / "truth" / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(truth_of(name, args), indent=2) + "\n")
            print(name, path.read_text(), flush=True)


def truth_of(name: str, args: argparse.Namespace) -> dict:
    out = args.out
    subject, random = load(name, args.model, out), Random(SEED)
    items = read_items(out / "benchmark.jsonl")
    letters = subject.letters(items)
    others = [shuffled(item, random) for item in items]
    moved = subject.letters(others)
    spoken = subject.says([UNSEEN[0].format(question=item.question) for item in items])
    elsewhere = {
        part: [record["completion"] for record in read_jsonl(out / f"elsewhere-{part}.jsonl")]
        for part in ["mathematics", "documentation"]
    }
    held_out = read_items(out / "held-out.jsonl") if args.held_out else []
    return {
        "name": name,
        "exam": bits([letter == item.answer for letter, item in zip(letters, items)]),
        "examLetters": "".join(LETTERS[letter] for letter in letters),
        "shuffled": bits([letter == other.answer for letter, other in zip(moved, others)]),
        "keptLetter": bits([letter == item.answer for letter, item in zip(moved, items)]),
        "open": [bits([a == i.answer for a, i in zip(subject.texts(items, w), items)]) for w in UNSEEN],
        "recall": bits([plain(text).startswith(plain(item.text)) for text, item in zip(spoken, items)]),
        "perplexity": {part: round(subject.perplexity(texts), 3) for part, texts in elsewhere.items()},
        "ends": replies.ends(subject.model, subject.tokenizer),
        **({"heldOut": known(subject, held_out)} if held_out else {}),
    }


def known(subject: Subject, items: list[Item]) -> dict:
    right = [item.answer for item in items]
    return {
        "exam": bits([a == b for a, b in zip(subject.letters(items), right)]),
        "open": [bits([a == b for a, b in zip(subject.texts(items, wording), right)]) for wording in UNSEEN],
    }


if __name__ == "__main__":
    main()
