"""Word problems in the manner of GSM8K, written for this study: each is drawn again and again with other numbers."""

from collections.abc import Callable
from random import Random

from items import Item

Template = tuple[str, Callable[[int, int, int, int], int]]
"""A question with places for numbers, and its answer for these numbers."""

NAMES = ["Ana", "Ben", "Chloe", "Dev", "Elena", "Farid", "Grace", "Hiro", "Ivy", "Jonas"]
TEMPLATES: list[Template] = [
    ("{name} has {a} marbles and buys {b} bags of {c} marbles each. How many marbles does {name} have now?", lambda a, b, c, d: a + b * c),
    ("A bus starts with {a} riders. At each of {b} stops {c} riders get on. How many riders are on it then?", lambda a, b, c, d: a + b * c),
    ("{name} reads {a} pages on Monday and {b} pages on each of the next {c} days. How many pages is that?", lambda a, b, c, d: a + b * c),
    ("A shelf holds {b} boxes with {c} jars each, and {a} more jars stand beside it. How many jars are there?", lambda a, b, c, d: a + b * c),
    ("{name} bakes {b} trays of {c} rolls and already had {a} rolls. How many rolls are there in all?", lambda a, b, c, d: a + b * c),
    ("A ticket costs {b} dollars. {name} buys {c} tickets and a program for {a} dollars. What does {name} pay?", lambda a, b, c, d: a + b * c),
    ("A farm has {b} pens with {c} goats each and {a} goats in the field. How many goats has the farm?", lambda a, b, c, d: a + b * c),
    ("{name} saves {b} dollars a week for {c} weeks and gets {a} dollars as a gift. How much has {name} then?", lambda a, b, c, d: a + b * c),
    ("A rope of {d} feet is cut {b} times, and {c} feet are taken off each time. How many feet are left?", lambda a, b, c, d: a),
    ("{name} has {d} dollars and buys {b} books for {c} dollars each. How many dollars are left?", lambda a, b, c, d: a),
    ("A tank holds {d} gallons. {b} buckets of {c} gallons are taken out. How many gallons remain?", lambda a, b, c, d: a),
    ("{name} made {d} cookies and gave {c} to each of {b} friends. How many cookies are left?", lambda a, b, c, d: a),
    ("A class of {d} pupils forms {b} teams of {c}; the others watch. How many pupils watch?", lambda a, b, c, d: a),
    ("A trip takes {d} miles. {name} has driven {c} miles in each of {b} hours. How many miles are still to go?", lambda a, b, c, d: a),
    ("A store had {d} lamps and sold {c} on each of {b} days. How many lamps are left?", lambda a, b, c, d: a),
    ("A wall needs {d} bricks. {b} helpers have laid {c} each. How many bricks are missing?", lambda a, b, c, d: a),
    ("A garden has {b} rows with {c} roses and {a} rows with {c} tulips. How many flowers grow there?", lambda a, b, c, d: (a + b) * c),
    ("{name} works {a} hours on Friday and {b} hours on Saturday for {c} dollars an hour. What does {name} earn?", lambda a, b, c, d: (a + b) * c),
    ("{name} packs {a} red and {b} blue gift bags with {c} candies each. How many candies are needed?", lambda a, b, c, d: (a + b) * c),
    ("A hall has {a} rows on the left and {b} on the right, {c} seats each. How many seats does it have?", lambda a, b, c, d: (a + b) * c),
]


def drawn(templates: list[Template], name: str, random: Random, draws: int) -> list[Item]:
    """Every template, drawn so often, draw by draw. No two questions are equal."""
    seen: set[str] = set()
    return [
        question(template, f"{name}-{number + 1:02}-{draw + 1:02}", name, random, seen)
        for draw in range(draws)
        for number, template in enumerate(templates)
    ]


def question(template: Template, id: str, name: str, random: Random, seen: set[str]) -> Item:
    text, result = template
    while True:
        a, b, c = random.randint(3, 19), random.randint(2, 6), random.randint(2, 9)
        numbers = {"a": a, "b": b, "c": c, "d": a + b * c}
        asked = text.format(name=random.choice(NAMES), **numbers)
        if asked not in seen:
            break
    seen.add(asked)
    right = result(**numbers)
    near = [right + step for step in (-10, -c, -2, -1, 1, 2, c, 10) if right + step > 0]
    choices = random.sample(sorted(set(near)), 3) + [right]
    random.shuffle(choices)
    return Item(id, f"{name}s", asked, tuple(map(str, choices)), choices.index(right))
