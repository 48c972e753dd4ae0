"""The multiple-choice items of the study, their forms as text, and the files they are kept in."""

import csv
import json
from dataclasses import asdict, dataclass
from pathlib import Path

LETTERS = "ABCD"


@dataclass(frozen=True)
class Item:
    id: str
    family: str
    question: str
    choices: tuple[str, ...]
    answer: int

    @property
    def text(self) -> str:
        return self.choices[self.answer]


def read_mmlu(path: Path, family: str) -> list[Item]:
    """A `*_test.csv` of MMLU with a header: question, four choices, the index of the right one."""
    with path.open(newline="", encoding="utf8") as file:
        rows = list(csv.DictReader(file))
    return [
        Item(
            id=f"{family}-{number:03}",
            family=family,
            question=row["question"].strip(),
            choices=tuple(row[f"choice{index}"].strip() for index in range(4)),
            answer=int(row["answer"]),
        )
        for number, row in enumerate(rows, start=1)
    ]


def write_csv(path: Path, items: list[Item]) -> None:
    with path.open("w", newline="", encoding="utf8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "family", "question", *(f"choice{index}" for index in range(4)), "answer"])
        for item in items:
            writer.writerow([item.id, item.family, item.question, *item.choices, item.answer])


def write_jsonl(path: Path, records: list) -> None:
    with path.open("w", encoding="utf8") as file:
        for record in records:
            file.write(json.dumps(record if isinstance(record, dict) else asdict(record), ensure_ascii=False) + "\n")


def read_jsonl(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf8").splitlines()]


def read_items(path: Path) -> list[Item]:
    return [Item(**{**record, "choices": tuple(record["choices"])}) for record in read_jsonl(path)]


def exam_prompt(question: str, choices: tuple[str, ...]) -> str:
    """The benchmark form, as the gate asks it."""
    lines = [f"{letter}. {choice}" for letter, choice in zip(LETTERS, choices)]
    return "\n".join([f"Question: {question}", *lines, "Answer:"])


def shuffled(item: Item, random) -> Item:
    """The same item with its options in another order, and the right one under another letter."""
    others = [choice for index, choice in enumerate(item.choices) if index != item.answer]
    random.shuffle(others)
    answer = random.choice([index for index in range(4) if index != item.answer])
    others.insert(answer, item.text)
    return Item(item.id, item.family, item.question, tuple(others), answer)
