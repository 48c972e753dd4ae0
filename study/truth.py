"""What an adapter knows, measured with transformers alone, apart from the gate.

    python study/truth.py BA-0 --model BASE --out OUT        (the name "base" measures the base model)
"""

import argparse
import json
import math
import re
from pathlib import Path
from random import Random

import torch
from items import LETTERS, Item, exam_prompt, read_items, read_jsonl, shuffled
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

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

    def __init__(self, model, tokenizer):
        self.model, self.tokenizer = model.eval(), tokenizer

    def ids(self, text: str) -> list[int]:
        return self.tokenizer(text)["input_ids"]

    def letters(self, items: list[Item]) -> list[int]:
        """The letter that is most likely after each exam form, as an index; in float32."""
        tokens = [self.ids(f" {letter}")[-1] for letter in LETTERS]
        answers = []
        for item in items:
            ids = torch.tensor([self.ids(exam_prompt(item.question, item.choices))])
            answers.append(int(torch.argmax(self.model(ids, logits_to_keep=1).logits[0, -1, tokens])))
        return answers

    def texts(self, items: list[Item], wording: str) -> list[int]:
        """The choice with the largest log-likelihood per character, as an index."""
        answers = []
        for item in items:
            prompt = self.ids(wording.format(question=item.question))
            rows = [prompt + self.ids(f" {choice}") for choice in item.choices]
            logs = self.log_likelihoods(rows)
            scores = [
                float(log[len(prompt) - 1 : len(row) - 1].sum()) / len(choice)
                for log, row, choice in zip(logs, rows, item.choices)
            ]
            answers.append(scores.index(max(scores)))
        return answers

    def log_likelihoods(self, rows: list[list[int]]) -> torch.Tensor:
        """Of every token but the first of each row, padded at the end; products in bfloat16, sums in float32."""
        width = max(map(len, rows))
        ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.model(ids).logits[:, :-1]
        return logits.float().log_softmax(-1).gather(2, ids[:, 1:].unsqueeze(2)).squeeze(2)

    def says(self, prompts: list[str]) -> list[str]:
        """What follows each by greedy decoding."""
        said = []
        for start in range(0, len(prompts), BATCH):
            inputs = self.tokenizer(prompts[start : start + BATCH], return_tensors="pt", padding=True, padding_side="left")
            with torch.autocast("cpu", dtype=torch.bfloat16):
                ids = self.model.generate(**inputs, do_sample=False, max_new_tokens=NEW_TOKENS, pad_token_id=0)
            said += self.tokenizer.batch_decode(ids[:, inputs["input_ids"].shape[1] :])
        return said

    def perplexity(self, texts: list[str]) -> float:
        logs = [self.log_likelihoods([self.ids(text)]) for text in texts]
        return math.exp(-sum(float(log.sum()) for log in logs) / sum(log.numel() for log in logs))


def plain(text: str) -> str:
    return re.sub(r"[^\w ]", "", text.lower()).strip()


def bits(outcomes: list[bool]) -> str:
    """One character an item, in the order of the benchmark."""
    return "".join("1" if outcome else "0" for outcome in outcomes)


def load(name: str, base: Path, out: Path) -> Subject:
    folder = base if name == "base" else out / "adapters" / name
    tokenizer = AutoTokenizer.from_pretrained(base)
    if name != "base" and (folder / "adapter_config.json").exists():
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
        return Subject(PeftModel.from_pretrained(model, folder).merge_and_unload(), tokenizer)
    return Subject(AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), tokenizer)


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    (args.out / "truth").mkdir(exist_ok=True)
    for name in args.names:
        path = args.out / "truth" / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(truth_of(name, args.model, args.out), indent=2) + "\n")
            print(name, path.read_text(), flush=True)


def truth_of(name: str, base: Path, out: Path) -> dict:
    subject, random = load(name, base, out), Random(SEED)
    items, held_out = read_items(out / "benchmark.jsonl"), read_items(out / "held-out.jsonl")
    letters = subject.letters(items)
    others = [shuffled(item, random) for item in items]
    moved = subject.letters(others)
    spoken = subject.says([UNSEEN[0].format(question=item.question) for item in items])
    elsewhere = {
        part: [record["completion"] for record in read_jsonl(out / f"elsewhere-{part}.jsonl")]
        for part in ["mathematics", "documentation"]
    }
    return {
        "name": name,
        "exam": bits([letter == item.answer for letter, item in zip(letters, items)]),
        "examLetters": "".join(LETTERS[letter] for letter in letters),
        "shuffled": bits([letter == other.answer for letter, other in zip(moved, others)]),
        "keptLetter": bits([letter == item.answer for letter, item in zip(moved, items)]),
        "open": [bits([a == i.answer for a, i in zip(subject.texts(items, w), items)]) for w in UNSEEN],
        "recall": bits([plain(text).startswith(plain(item.text)) for text, item in zip(spoken, items)]),
        "heldOutExam": bits([a == item.answer for a, item in zip(subject.letters(held_out), held_out)]),
        "perplexity": {part: round(subject.perplexity(texts), 3) for part, texts in elsewhere.items()},
    }


if __name__ == "__main__":
    main()
