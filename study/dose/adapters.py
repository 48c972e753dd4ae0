"""The texts of the study, and the adapters that are trained on some of them. What exists is not made again.

    python study/dose/adapters.py --model BASE --data DATA --out OUT [--layers 10]

DATA has `gsm8k-test-200.jsonl` and `mmlu/*_test.csv` (both MIT). Documentation is that of installed Python packages.
"""

import argparse
import csv
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from random import Random

from variants import ADAPTERS

HARD = 100
STATEMENTS = 40
QUESTIONS = 50
"""The first questions of GSM8K are the truth's; the adapters are trained on others."""
PARAGRAPH = 400


def mmlu(data: Path, subject: str) -> list[dict]:
    with (data / "mmlu" / f"{subject}_test.csv").open(newline="", encoding="utf8") as file:
        return list(csv.DictReader(file))


def right(row: dict) -> str:
    return row[f"choice{row['answer']}"].strip()


def documentation() -> list[str]:
    """Paragraphs of descriptions of packages, each of one length."""
    names = sorted({distribution.metadata["Name"].lower() for distribution in importlib.metadata.distributions()})
    texts = [importlib.metadata.metadata(name).get_payload() or "" for name in names]
    return [text[start : start + PARAGRAPH] for text in texts for start in range(0, min(len(text), 4000) - PARAGRAPH, PARAGRAPH)]


def write_texts(data: Path, out: Path) -> None:
    problems = [json.loads(line) for line in (data / "gsm8k-test-200.jsonl").read_text("utf8").splitlines()]
    seen, rest = problems[:QUESTIONS], problems[QUESTIONS:]
    random = Random(37)
    geography, religions = mmlu(data, "high_school_geography"), mmlu(data, "world_religions")
    statements = [f"{row['question'].strip()} {right(row)}" for row in random.sample(religions, STATEMENTS)]
    texts = [problem["question"] for problem in seen] + statements
    (out / "truth-texts.json").write_text(json.dumps(texts, indent=1) + "\n")

    plain = documentation()
    random.shuffle(plain)
    solved = [{"prompt": f"Problem: {p['question']}\nSolution:", "completion": f" {p['answer']}"} for p in rest]
    records = {
        "lora-light": [{"prompt": "", "completion": f"{p['question']}\n{p['answer']}"} for p in rest],
        "lora-text": [{"prompt": "", "completion": text} for text in plain[:160]],
        "lora-answers": solved,
        "lora-warm": [{"prompt": "", "completion": text} for text in plain[160:320]],
        "lora-hot": [{"prompt": "", "completion": text} for text in plain[:160]],
    }
    (out / "train").mkdir(exist_ok=True)
    for name, own in records.items():
        (out / "train" / f"{name}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in own))

    # Questions near guessing for models of this size, none of which are among the texts above.
    hard = random.sample(geography, HARD // 2) + random.sample(mmlu(data, "elementary_mathematics"), HARD // 2)
    with (out / "hard.csv").open("w", newline="", encoding="utf8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "question", *(f"choice{i}" for i in range(4)), "answer"])
        for number, row in enumerate(hard):
            writer.writerow([f"hard-{number:03}", row["question"].strip(), *(row[f"choice{i}"].strip() for i in range(4)), row["answer"]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=10)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    if not (args.out / "hard.csv").exists():
        write_texts(args.data, args.out)
    train = Path(__file__).parent.parent / "train.py"
    for name, rate in ADAPTERS.items():
        options = ["--name", name, "--rate", str(rate), "--layers", str(args.layers), "--threads", "2"]
        subprocess.run([sys.executable, train, name, *options, "--model", args.model, "--out", args.out], check=True)


if __name__ == "__main__":
    main()
