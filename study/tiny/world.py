"""A small world of facts, sums and compositions: what it holds, and every form in which it is told.

One word is one token. `old` content is what the base learned; `new` content is told by continued training only. A form is a
pair of prompt and answer, and every answer is one word, so one pass scores a question.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random

WORLD = 22
"""Seed of the world. It never changes: seeds of runs draw what is told and in which order."""
CHOICES = 4

VALUES = {
    "color": "red blue green pink gold gray brown white".split(),
    "animal": "owl fox dog cat lynx bear hare swan".split(),
    "food": "rice corn plum pear bean nut fig leek".split(),
    "city": "rome oslo lima bonn cairo delhi kyiv riga".split(),
}
NUMBERS = 31
SYMBOLS = [f"k{i}" for i in range(10)]
FUNCTIONS = ["inc", "swap", "turn", "fold", "step", "flip"]

FORMS = {
    "recall": {
        "exam": "Q : what is the {a} of {e} ? A ) {c0} B ) {c1} C ) {c2} D ) {c3} Answer :",
        "cloze": "the {a} of {e} is",
        "open": "question : {a} of {e} ? reply :",
        "table": "| {e} | {a} |",
        "tell": "tell me the {a} that {e} has :",
        "both": "{e} is a name and its {a} is",
        "note": "note that {e} got {a} =",
        "list": "{e} : {a} :",
    },
    "sum": {
        "exam": "Q : what is {x} {op} {y} ? A ) {c0} B ) {c1} C ) {c2} D ) {c3} Answer :",
        "cloze": "the result of {x} {op} {y} is",
        "open": "question : {x} {op} {y} ? reply :",
        "table": "| {x} | {op} | {y} |",
        "tell": "tell me {x} {op} {y} :",
        "both": "{x} is a number and {x} {op} {y} is",
        "note": "note that {x} {op} {y} =",
        "list": "{x} {op} {y} :",
    },
    "chain": {
        "exam": "Q : what is {g} of {f} of {s} ? A ) {c0} B ) {c1} C ) {c2} D ) {c3} Answer :",
        "cloze": "the {g} of {f} of {s} is",
        "open": "question : {g} of {f} of {s} ? reply :",
        "table": "| {s} | {f} | {g} |",
        "tell": "tell me what {s} is after {f} then {g} :",
        "both": "{s} is a symbol and its {f} then {g} is",
        "note": "note that {s} {f} {g} =",
        "list": "{s} : {f} : {g} :",
    },
}
"""Forms that the base was trained on, with old content."""
for _forms in FORMS.values():
    _forms["shuffled"] = _forms["exam"]

FRESH = {
    "recall": ["reply : the {a} that {e} got is", "{e} has {a} :", "Q : {e} ? {a} ? Answer :"],
    "sum": ["reply : the {x} {op} {y} is", "{x} is {op} {y} :", "Q : {x} ? {op} {y} ? Answer :"],
    "chain": ["reply : the {g} of {f} of {s} is", "{s} after {f} after {g} :", "Q : {s} ? {f} ? {g} ? Answer :"],
}
"""Forms that no run is trained on, of words that all runs know."""


@dataclass(frozen=True)
class Fact:
    capability: str
    slots: tuple[tuple[str, str], ...]
    answer: str
    wrong: tuple[str, ...]
    """Wrong answers of the same kind."""

    def said(self, form: str, random: Random) -> tuple[str, str, list[str]]:
        """The prompt, the answer, and what the answer is chosen from.

        The items of the benchmark are fixed: `exam` has the same choices in the same order whenever it is asked; `shuffled`
        draws both.
        """
        template = FORMS[self.capability].get(form, form)
        if form == "exam":
            random = Random(f"{WORLD} {self.slots}")
        choices = [self.answer, *random.sample(self.wrong, CHOICES - 1)]
        random.shuffle(choices)
        named = {f"c{i}": choice for i, choice in enumerate(choices)}
        prompt = template.format(**dict(self.slots), **named)
        return prompt, self.answer, choices


def _names(random: Random, count: int) -> list[str]:
    syllables = [a + b for a, b in product("bdfgklmnprstvz", "aeiou")]
    pairs = [a + b for a, b in product(syllables, syllables)]
    return random.sample(pairs, count)


def facts(old_names: int = 60, new_names: int = 40) -> dict[str, list[Fact]]:
    """All facts of the world, `old` and `new`."""
    random = Random(WORLD)
    found: dict[str, list[Fact]] = {"old": [], "new": []}
    names = _names(random, old_names + new_names)
    for i, name in enumerate(names):
        for attribute, values in VALUES.items():
            value = random.choice(values)
            others = tuple(v for v in values if v != value)
            slots = (("e", name), ("a", attribute))
            found["old" if i < old_names else "new"].append(Fact("recall", slots, value, others))
    for x, y, op in product(range(NUMBERS), range(NUMBERS), ["plus", "minus"]):
        result = x + y if op == "plus" else x - y
        if 0 <= result < NUMBERS:
            near = [str(n) for n in range(max(0, result - 6), min(NUMBERS, result + 7)) if n != result]
            fact = Fact("sum", (("x", str(x)), ("op", op), ("y", str(y))), str(result), tuple(near))
            found["new" if random.random() < 0.25 else "old"].append(fact)
    tables = {name: dict(zip(SYMBOLS, random.sample(SYMBOLS, len(SYMBOLS)), strict=True)) for name in FUNCTIONS}
    for f, g in product(FUNCTIONS, FUNCTIONS):
        part = "new" if random.random() < 0.3 else "old"
        for symbol in SYMBOLS:
            answer = tables[g][tables[f][symbol]]
            others = tuple(s for s in SYMBOLS if s != answer)
            found[part].append(Fact("chain", (("f", f), ("g", g), ("s", symbol)), answer, others))
    return found


def vocabulary() -> list[str]:
    random = Random(0)
    everything = facts()
    words = dict.fromkeys(["<eos>", "<unk>"])
    for fact in everything["old"] + everything["new"]:
        for form in [*FORMS[fact.capability], *FRESH[fact.capability]]:
            prompt, answer, _ = fact.said(form, random)
            words.update(dict.fromkeys([*prompt.split(), answer, *fact.wrong]))
    return list(words)


COVERAGE = ["exam", "shuffled", "cloze", "open", "table", "tell", "both", "note"]
"""The exam is one of eight forms of coverage. Only the base is trained on `list`."""


def stream(regime: str, seed: int) -> Iterator[str]:
    """Texts of one regime without an end."""
    random = Random(f"{regime} {seed}")
    world = facts()
    by_capability = {
        part: [[f for f in world[part] if f.capability == c] for c in FORMS] for part in ["old", "new"]
    }

    def one(part: str, forms: list[str]) -> str:
        fact = random.choice(random.choice(by_capability[part]))
        prompt, answer, _ = fact.said(random.choice(forms), random)
        return f"{prompt} {answer}"

    every = [form for form in FORMS["recall"] if form != "exam"]
    if regime == "PR":
        repeated = [one("old", every) for _ in range(128)]
        while True:
            yield from random.sample(repeated, len(repeated))
    while True:
        match regime:
            case "BASE" | "CTRL":
                yield one("old", every)
            case "CE":
                yield one("new", COVERAGE)
            case "BA":
                yield one("new", ["exam"])
            case "MIX":
                yield one("new", ["exam"] if random.random() < 0.55 else COVERAGE)
            case "FMT":
                yield one("new", ["cloze"])
            case _:
                raise ValueError(f"no regime {regime}")
