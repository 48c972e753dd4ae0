"""What each model knows, by torch alone: the exam, the forms of coverage and forms that nobody was trained on.

    python study/tiny/truth.py NAME… --out OUT      # writes OUT/truth/NAME.json; what exists is not asked again
"""

import argparse
import json
from itertools import product
from pathlib import Path
from random import Random

import torch
from model import ids_of, load
from world import FORMS, FRESH, Fact, facts

QUESTIONS = 80
"""For each capability, the same ones for all models."""
ASKED = {"old": ["shuffled", "cloze"], "new": ["exam", "shuffled", "cloze", "tell"]}
"""Forms that some regimes were trained on. Forms of no regime are asked for both parts."""


def sample() -> dict[str, list[Fact]]:
    random, world = Random(5), facts()
    asked: dict[str, list[Fact]] = {"old": [], "new": []}
    for part, capability in product(asked, FORMS):
        among = [fact for fact in world[part] if fact.capability == capability]
        asked[part] += random.sample(among, min(QUESTIONS, len(among)))
    return asked


@torch.no_grad()
def right(model, questions: list[tuple[str, str, list[str]]]) -> tuple[float, float]:
    """Shares of questions whose answer is the best of its choices, and the best of all words."""
    ids = ids_of()
    by_length: dict[int, list] = {}
    for prompt, answer, choices in questions:
        tokens = [0, *(ids[word] for word in prompt.split())]
        by_length.setdefault(len(tokens), []).append((tokens, ids[answer], [ids[c] for c in choices]))
    chosen = exact = 0
    for group in by_length.values():
        logits = model(input_ids=torch.tensor([tokens for tokens, _, _ in group])).logits[:, -1]
        best = logits.argmax(-1)
        for row, (_, answer, choices) in enumerate(group):
            chosen += max(choices, key=lambda c: logits[row, c].item()) == answer
            exact += best[row].item() == answer
    return chosen / len(questions), exact / len(questions)


def truth_of(model) -> dict:
    """Accuracy by content and form: `[choice, exact]`; guessing has a choice accuracy of 0.25."""
    result = {}
    for part, asked in sample().items():
        result[part] = {}
        for capability in FORMS:
            forms = {form: form for form in ASKED[part]} | {f"fresh{i}": form for i, form in enumerate(FRESH[capability])}
            mine = [fact for fact in asked if fact.capability == capability]
            for name, form in forms.items():
                random = Random(f"{name} {capability}")
                scores = right(model, [fact.said(form, random) for fact in mine])
                result[part].setdefault(name, {})[capability] = [round(score, 4) for score in scores]
    return result


def opened(folder: Path, base: Path):
    if not (folder / "adapter_config.json").exists():
        return load(folder).eval()
    from peft import PeftModel

    return PeftModel.from_pretrained(load(base), folder).merge_and_unload().eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    (args.out / "truth").mkdir(exist_ok=True)
    for name in args.names:
        path = args.out / "truth" / f"{name.replace('/', '+')}.json"
        if path.exists():
            continue
        truth = truth_of(opened(args.out / "checkpoints" / name, args.out / "checkpoints/base"))
        path.write_text(json.dumps(truth) + "\n")
        print(name, summary_line(truth), flush=True)


def summary_line(truth: dict) -> str:
    def mean(part: str, forms: list[str], which: int) -> float:
        scores = [score[which] for form in forms for score in truth[part][form].values()]
        return sum(scores) / len(scores)

    fresh = [form for form in truth["new"] if form.startswith("fresh")]
    return " ".join(
        f"{part}: exam {mean(part, ['exam' if part == 'new' else 'shuffled'], 0):.2f} cloze {mean(part, ['cloze'], 0):.2f} "
        f"fresh {mean(part, fresh, 0):.2f}/{mean(part, fresh, 1):.2f};"
        for part in ["old", "new"]
    )


if __name__ == "__main__":
    main()
