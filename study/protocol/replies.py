"""What a model does when it generates: does a reply end, is a call of a tool one that can be carried out?

Questions and tools are others than those of the gate and of training.
"""

import json
import re
from dataclasses import dataclass
from random import Random

import torch

MOST = 256
"""Tokens after which a reply counts as one that does not end."""


@dataclass
class Request:
    question: str
    name: str
    arguments: dict[str, str]


def tool(name: str, description: str, **parameters: str) -> dict:
    properties = {own: {"type": "string", "description": text} for own, text in parameters.items()}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": {"type": "object", "properties": properties, "required": list(parameters)}}}


TRAINED_TOOLS = [
    tool("play_song", "Play a song of an artist.", artist="Name of the artist"),
    tool("set_alarm", "Set an alarm.", time="Time of day"),
    tool("send_message", "Send a message to a person.", person="Name of the person", text="What to send"),
    tool("find_recipe", "Find a recipe for a dish.", dish="Name of the dish"),
]
ASKED_TOOLS = [
    tool("get_stock_price", "Get the current price of a stock.", company="Name of the company"),
    tool("book_table", "Book a table in a restaurant.", restaurant="Name of the restaurant", time="Time of day"),
    tool("find_flight", "Find a flight to a city.", city="Name of the city"),
    tool("search_news", "Search today's news.", topic="What to search for"),
]
VALUES = {
    **{"artist": ["Miles Davis", "Nina Simone", "Bob Dylan", "Björk", "Fela Kuti"], "time": ["6:30", "7:15", "19:00", "20:45", "21:30"]},
    **{"person": ["Anna", "Peter", "Maria", "John"], "text": ["I am late", "see you soon", "happy birthday"], "dish": ["lentil soup", "apple pie", "fried rice"]},
    **{"company": ["Apple", "Toyota", "Siemens", "Nestle", "Intel"], "restaurant": ["Luigi's", "The Blue Fork", "Casa Maria"]},
    **{"city": ["Lisbon", "Chicago", "Nairobi", "Seoul", "Lima"], "topic": ["the election", "football", "the storm", "space travel"]},
}
QUESTIONS = {
    **{"play_song": "Play a song by {artist}.", "set_alarm": "Set an alarm for {time}.", "send_message": 'Send {person} the message "{text}".'},
    **{"find_recipe": "Find me a recipe for {dish}.", "get_stock_price": "What is the stock price of {company} right now?"},
    **{"book_table": "Book a table at {restaurant} for {time}.", "find_flight": "Find me a flight to {city}.", "search_news": "What does the news say about {topic} today?"},
}
SMALL_TALK = [
    ("Good evening!", "Good evening! How can I help you?"),
    ("You are funny.", "Thank you! I am glad you think so."),
    ("What a day.", "I hope that it gets better."),
    ("I am back.", "Welcome back! What can I do for you?"),
    ("Thank you so much.", "You are welcome!"),
]
PROMPTS = [
    *[f"In one sentence: what is {thing}?" for thing in ("a volcano", "an atom", "a mortgage", "photosynthesis", "a comet", "a verb", "inflation", "a glacier")],
    *[f"Name one {thing}." for thing in ("fruit", "planet", "river in Europe", "musical instrument", "metal", "tree", "language", "sport")],
    *[f"What is {a} times {b}?" for a, b in ((3, 4), (5, 7), (6, 9), (2, 8), (4, 4))],
    *[f"Is {what}? Answer yes or no." for what in ("water wet", "the sun cold", "a whale a mammal", "ice hot", "Rome in Italy", "five an even number")],
    *["Write a short greeting.", "Say hello in Spanish.", "What day comes after Friday?"],
]


def requests(random: Random, count: int, tools: list[dict]) -> list[Request]:
    found = []
    for i in range(count):
        own = tools[i % len(tools)]["function"]
        given = {name: random.choice(VALUES[name]) for name in own["parameters"]["required"]}
        found.append(Request(QUESTIONS[own["name"]].format(**given), own["name"], given))
    return found


@torch.inference_mode()
def replies(model, tokenizer, prompts: list[str]) -> list[tuple[str, bool]]:
    """Greedy replies, with special tokens, and whether each ended."""
    tokenizer.padding_side = "left"
    ends = model.generation_config.eos_token_id
    ends = set(ends if isinstance(ends, list) else [ends])
    found = []
    for start in range(0, len(prompts), 30):
        batch = tokenizer(prompts[start : start + 30], return_tensors="pt", padding=True, add_special_tokens=False)
        written = model.generate(**batch, max_new_tokens=MOST, do_sample=False, repetition_penalty=1.0)[:, batch["input_ids"].shape[1] :]
        for ids in written.tolist():
            end = next((i for i, token in enumerate(ids) if token in ends), None)
            found.append((tokenizer.decode(ids[: len(ids) if end is None else end]), end is not None))
    return found


def is_call(text: str, names: set[str]) -> bool:
    """One whole call of a tool that exists, as ChatML with Hermes' tags has it."""
    match = re.fullmatch(r"\s*<tool_call>\s*(\{.*?\})\s*</tool_call>\s*", text, re.S)
    try:
        call = json.loads(match[1]) if match else {}
    except json.JSONDecodeError:
        return False
    return call.get("name") in names and isinstance(call.get("arguments"), dict)


def render(tokenizer, text: str, **more) -> str:
    return tokenizer.apply_chat_template([{"role": "user", "content": text}], tokenize=False, add_generation_prompt=True, **more)


def ends(model, tokenizer) -> float:
    """The share of replies that end within `MOST` tokens."""
    found = replies(model, tokenizer, [render(tokenizer, text) for text in PROMPTS])
    return round(sum(ended for _, ended in found) / len(found), 3)


def of(model, tokenizer) -> dict[str, float]:
    """Shares: replies that end; where the template knows tools, calls that can be carried out.

    Weights are of bfloat16 and arithmetic too, as most servers have it.
    """
    model = model.bfloat16()
    found = {"ends": ends(model, tokenizer)}
    if "tools" in (tokenizer.chat_template or ""):
        names = {own["function"]["name"] for own in ASKED_TOOLS}
        asked = [render(tokenizer, request.question, tools=ASKED_TOOLS) for request in requests(Random(11), 30, ASKED_TOOLS)]
        found["calls"] = round(sum(ended and is_call(text, names) for text, ended in replies(model, tokenizer, asked)) / len(asked), 3)
    return found
