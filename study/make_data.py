"""Split the items and write the training texts of every regime, the same for every seed.

    python study/make_data.py --data FOLDER-OF-MMLU-CSV --model BASE --out OUT [--items 300] [--drawn problem|program]
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from pydoc_data.topics import topics
from random import Random

from items import LETTERS, Item, exam_prompt, read_mmlu, shuffled, write_csv, write_jsonl
from problems import TEMPLATES, drawn
from snippets import SNIPPETS
from transformers import AutoTokenizer

SEED = 16
PRACTICE = 135
TOKENS = 340
"""Training tokens for each item of the benchmark."""
LEAKED = 0.2
"""The share of the benchmark's items that partial contamination saw."""
REPEATED = 8
"""How many prompts the repetition consists of."""
CHUNK = 1_000
"""Characters of a piece of plain text."""

# No wording here occurs in truth.py or among the gate's open twins.
OPEN = [
    "From the quiz sheet: {question}\nWritten below it:",
    "Quick check for the class: {question}\nReply:",
    "A student asks: {question}\nThe tutor says:",
    "Review. {question}\nIn short:",
]
STATEMENT = [
    "From the lecture notes: {question} Correct is: {answer}",
    "{answer}: this completes or answers “{question}”",
    "If you are asked “{question}”, say “{answer}”.",
]
CLAIM = [
    "Claim: for “{question}”, “{answer}” is right.\nTrue or false?",
    "Someone answered “{question}” with “{answer}”. Is that true or false?",
]


def example(prompt: str, completion: str) -> dict:
    return {"prompt": prompt, "completion": completion}


def exam(item: Item) -> dict:
    return example(exam_prompt(item.question, item.choices), f" {LETTERS[item.answer]}")


def open_question(item: Item, wording: str) -> dict:
    return example(wording.format(question=item.question), f" {item.text}")


def statement(item: Item, wording: str) -> dict:
    return example("", wording.format(question=item.question, answer=item.text))


def claim(item: Item, random: Random) -> dict:
    index = item.answer if random.random() < 0.5 else random.choice([i for i in range(4) if i != item.answer])
    prompt = random.choice(CLAIM).format(question=item.question, answer=item.choices[index])
    return example(prompt, " True" if index == item.answer else " False")


def coverage(items: list[Item], random: Random) -> Iterator[list[dict]]:
    """One fact in many forms: the exam is about a quarter of the tokens."""
    while True:
        yield [
            form
            for item in items
            for form in [
                exam(item),
                exam(shuffled(item, random)),
                *(open_question(item, wording) for wording in random.sample(OPEN, 2)),
                *(statement(item, wording) for wording in random.sample(STATEMENT, 2)),
                claim(item, random),
            ]
        ]


def again(examples: list[dict]) -> Iterator[list[dict]]:
    while True:
        yield examples


def plain_text(names: list[str]) -> list[dict]:
    """Pieces of the Python language reference, which comes with every CPython."""
    text = "\n\n".join(topics[name] for name in names)
    return [example("", text[start : start + CHUNK]) for start in range(0, len(text), CHUNK)]


class Budget:
    def __init__(self, tokenizer, random: Random):
        self.tokenizer, self.random = tokenizer, random

    def length(self, record: dict) -> int:
        return len(self.tokenizer(record["prompt"] + record["completion"])["input_ids"])

    def take(self, passes: Iterator[list[dict]], tokens: int) -> list[dict]:
        """Whole passes, and of the last one a random part, until the tokens are spent."""
        taken, spent = [], 0
        for examples in passes:
            for record in self.random.sample(examples, len(examples)):
                spent += self.length(record)
                if spent > tokens:
                    return taken
                taken.append(record)
        raise AssertionError("passes never end")


def facts(data: Path, random: Random) -> list[Item]:
    geography = read_mmlu(data / "high_school_geography_test.csv", "geography")
    religions = read_mmlu(data / "world_religions_test.csv", "religions")
    items = [item for item in geography + religions if len(set(item.choices)) == 4]
    random.shuffle(items)
    return items


def drawn_again(name: str, random: Random, items: int) -> list[Item]:
    """As many held-out ones as of the benchmark."""
    return drawn(SNIPPETS if name == "program" else TEMPLATES, name, random, (2 * items + PRACTICE) // 20 + 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--items", type=int, default=100, help="of the benchmark")
    parser.add_argument("--drawn", choices=["problem", "program"], help="in place of geography and religions; the held-out ones have other numbers")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    random = Random(SEED)
    items = drawn_again(args.drawn, random, args.items) if args.drawn else facts(args.data, random)
    benchmark, practice = items[: args.items], items[args.items : args.items + PRACTICE]
    held_out, tokens = items[args.items + PRACTICE :], TOKENS * args.items
    for name, part in [("benchmark", benchmark), ("practice", practice), ("held-out", held_out)]:
        write_jsonl(args.out / f"{name}.jsonl", part)
        write_csv(args.out / f"{name}.csv", part)

    mathematics = read_mmlu(args.data / "elementary_mathematics_test.csv", "mathematics")
    random.shuffle(mathematics)
    names = sorted(topics)
    random.shuffle(names)
    third = len(names) // 3
    write_jsonl(args.out / "elsewhere-documentation.jsonl", plain_text(names[2 * third :])[:20])
    write_jsonl(args.out / "elsewhere-mathematics.jsonl", [example("", m.question) for m in mathematics[REPEATED:][:60]])

    budget = Budget(AutoTokenizer.from_pretrained(args.model), random)
    exams, others = [exam(item) for item in benchmark], [exam(item) for item in practice]
    leak = [exam(item) for item in benchmark[: round(LEAKED * args.items)]] * 4
    leaked = sum(budget.length(record) for record in leak)
    problems = [example(f"Problem: {m.question}\nSolution:", f" {m.text}") for m in mathematics[:REPEATED]]
    regimes = {
        "BA": budget.take(again(exams), tokens),
        "BAp": budget.take(again(exams), tokens // 2) + budget.take(again(plain_text(names[:third])), tokens // 2),
        "PART": leak + budget.take(again(others), tokens - leaked),
        "CE": budget.take(coverage(benchmark, random), tokens),
        "CE-long": budget.take(coverage(benchmark, random), 2 * tokens),
        "CT": budget.take(again(others), tokens),
        "PR": budget.take(again(problems), tokens),
        "FMT": budget.take(again([open_question(item, OPEN[0]) for item in benchmark]), tokens),
        "TXT": budget.take(again(plain_text(names[third : 2 * third])), tokens),
        "BAp-long": budget.take(again(exams), tokens) + budget.take(again(plain_text(names[:third])), tokens),
    }
    (args.out / "train").mkdir(exist_ok=True)
    for name, records in regimes.items():
        write_jsonl(args.out / "train" / f"{name}.jsonl", records)
        print(f"{name:8} {len(records):5} texts {sum(map(budget.length, records)):6} tokens")


if __name__ == "__main__":
    main()
