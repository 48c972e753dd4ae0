"""Texts that a base draws itself, and how much less likely they are to a candidate: an estimate of the divergence, in nats a token.

    python study/own-text/prototype.py draw --model BASE --out OUT --seed 1
    python study/own-text/prototype.py score NAME --candidate FOLDER --model BASE --out OUT
"""

import argparse
import json
import math
from pathlib import Path
from random import Random

import torch
from openings import OPENINGS
from transformers import AutoModelForCausalLM, AutoTokenizer

DRAWN = 24
TEXTS = 24
"""Texts that begin with any token; as many are drawn through the chat template, half of them as the user."""
"""W: the same after a line break, since the first token of a text is an attention sink in many models, whatever it is."""
COPIES = 2
BATCH = 24
SHOWN = 5


def words_of(tokenizer, rows: int) -> list[int]:
    """All tokens of text: none that is special, added or unused."""
    added = set(tokenizer.get_added_vocab().values()) | set(tokenizer.all_special_ids)
    return [token for token in sorted(tokenizer.get_vocab().values()) if token not in added and token < rows]


def plain(tokenizer, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def start_of(tokenizer) -> list[int]:
    """What the tokenizer puts before each text: the begin token, if the model wants one."""
    whole = tokenizer("a")["input_ids"]
    return whole[: len(whole) - len(plain(tokenizer, "a"))]


def prompts_of(tokenizer, rows: int, random: Random) -> list[dict]:
    start, words = start_of(tokenizer), words_of(tokenizer, rows)
    found = [{"group": "V", "part": "any", "prompt": [*start, random.choice(words)]} for _ in range(TEXTS)]
    line = plain(tokenizer, "\n")
    found += [{"group": "W", "part": "any", "prompt": [*start, *line, random.choice(words)]} for _ in range(TEXTS)]
    for part, openings in OPENINGS.items():
        found += [{"group": "P", "part": part, "prompt": [*start, *plain(tokenizer, text)]} for text in openings for _ in range(COPIES)]
    if tokenizer.chat_template:
        messages = random.sample([text for openings in OPENINGS.values() for text in openings], TEXTS // 2)
        for number in range(TEXTS):
            message = "MESSAGE" if number < TEXTS // 2 else messages[number - TEXTS // 2]
            chat = tokenizer.apply_chat_template([{"role": "user", "content": message}], tokenize=False, add_generation_prompt=True)
            user = number < TEXTS // 2
            found.append({"group": "C", "part": "user" if user else "reply", "prompt": plain(tokenizer, chat.split(message)[0] if user else chat)})
    return found


@torch.inference_mode()
def draw(model, tokenizer, seed: int) -> list[dict]:
    """Sampled at temperature 1 from all tokens. A turn of a chat ends with its end token."""
    texts = prompts_of(tokenizer, model.get_input_embeddings().num_embeddings, Random(seed))
    generator = torch.Generator().manual_seed(seed)
    end = model.generation_config.eos_token_id
    ends = set(end if isinstance(end, list) else [end])
    width = max(len(text["prompt"]) for text in texts)
    ids = torch.tensor([[0] * (width - len(text["prompt"])) + text["prompt"] for text in texts])
    mask = torch.tensor([[0] * (width - len(text["prompt"])) + [1] * len(text["prompt"]) for text in texts])
    places, cache, step = (mask.cumsum(1) - 1).clamp(min=0), None, ids
    for _ in range(DRAWN):
        out = model(step, attention_mask=mask, position_ids=places, past_key_values=cache, use_cache=True, logits_to_keep=1)
        step = torch.multinomial(out.logits[:, -1].float().softmax(-1), 1, generator=generator)
        cache, places = out.past_key_values, places[:, -1:] + 1
        ids, mask = torch.cat([ids, step], 1), torch.cat([mask, torch.ones_like(step)], 1)
    for text, row in zip(texts, ids[:, width:].tolist(), strict=True):
        stop = next((i + 1 for i, token in enumerate(row) if token in ends), DRAWN) if text["group"] == "C" else DRAWN
        text["drawn"] = row[:stop]
    return texts


@torch.inference_mode()
def scores(model, rows: list[tuple[list[int], int]]) -> list[torch.Tensor]:
    """The log-likelihood of the tokens of each row from a place on. Padding comes last, where no token sees it."""
    found: dict[int, torch.Tensor] = {}
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    for first in range(0, len(order), BATCH):
        part = order[first : first + BATCH]
        width = max(len(rows[i][0]) for i in part)
        hidden = model.model(torch.tensor([rows[i][0] + [0] * (width - len(rows[i][0])) for i in part]), use_cache=False).last_hidden_state
        for row, i in enumerate(part):
            ids, start = rows[i]
            logits = model.lm_head(hidden[row, start - 1 : len(ids) - 1]).float()
            found[i] = logits.gather(1, torch.tensor(ids[start:])[:, None])[:, 0] - logits.logsumexp(1)
    return [found[i] for i in range(len(rows))]


def joined(texts: list[dict], seed: int) -> tuple[list[int], list[tuple[int, int]]]:
    """One long text of V and P in any order, and where the drawn tokens of which text begin."""
    order = [i for i, text in enumerate(texts) if text["group"] in "VP"]
    Random(seed).shuffle(order)
    ids, places = [], []
    for i in order:
        places.append((i, len(ids) + len(texts[i]["prompt"])))
        ids += texts[i]["prompt"] + texts[i]["drawn"]
    return ids, places


def own_scores(model, texts: list[dict], seed: int) -> dict:
    alone = scores(model, [(text["prompt"] + text["drawn"], len(text["prompt"])) for text in texts])
    ids, places = joined(texts, seed)
    (whole,) = scores(model, [(ids, 1)])
    return {"alone": alone, "long": [whole[at - 1 : at - 1 + len(texts[i]["drawn"])] for i, at in places], "places": places}


def perplexities(model, tokenizer, others: dict[str, list[str]]) -> dict[str, float]:
    found = {}
    for name, texts in others.items():
        each = scores(model, [(ids, 1) for ids in (tokenizer(text)["input_ids"] for text in texts)])
        found[name] = math.exp(-float(torch.cat(each).mean()))
    return found


def ratio(rows: list[tuple[float, int]]) -> tuple[float, float]:
    """Nats a token of some texts, and 1.96 standard errors over texts."""
    tokens = sum(n for _, n in rows)
    mean = sum(total for total, _ in rows) / tokens
    spread = sum((total - mean * n) ** 2 for total, n in rows) * len(rows) / max(1, len(rows) - 1)
    return mean, 1.96 * math.sqrt(spread) / tokens


def compared(texts: list[dict], base: dict, own: dict) -> dict:
    """Each text alone and within the long one: nats by token."""
    alone = [(b - c).tolist() for b, c in zip(base["alone"], own["alone"], strict=True)]
    far = [(b - c).tolist() for b, c in zip(base["long"], own["long"], strict=True)]
    rows = [{"group": t["group"], "part": t["part"], "nats": [round(x, SHOWN) for x in nats]} for t, nats in zip(texts, alone, strict=True)]
    long = [{"text": i, "at": at, "nats": [round(x, SHOWN) for x in nats]} for (i, at), nats in zip(base["places"], far, strict=True)]
    return {"texts": rows, "long": long}


def summary(result: dict) -> dict:
    """What the tables show, of one draw."""
    rows = [(row["group"], row["part"], sum(row["nats"]), len(row["nats"])) for row in result["texts"]]
    groups = {g: ratio([(s, n) for group, _, s, n in rows if group == g]) for g in ("V", "P", "C", "W") if any(row[0] == g for row in rows)}
    parts = {p: ratio([(s, n) for group, part, s, n in rows if group == "P" and part == p])[0] for p in OPENINGS}
    rows = [row for row in rows if row[0] != "W"]
    means = sorted((s / n for _, _, s, n in rows), reverse=True)
    tenth = means[: max(1, len(means) // 10)]
    quarter = len(result["long"]) // 4
    ends = {}
    for name, part in (("first", result["long"][:quarter]), ("last", result["long"][-quarter:])):
        inside = ratio([(sum(row["nats"]), len(row["nats"])) for row in part])
        alone = [result["texts"][row["text"]]["nats"] for row in part]
        more = [(sum(row["nats"]) - sum(own), len(own)) for row, own in zip(part, alone, strict=True)]
        ends[name] = {"nats": inside, "alone": ratio([(sum(own), len(own)) for own in alone])[0], "more": ratio(more)}
    worst = max(parts, key=parts.get)
    return {"all": ratio([(s, n) for _, _, s, n in rows]), **groups, "tenth": sum(tenth) / len(tenth), "worst": (worst, parts[worst]), "parts": parts, **ends}


def load(folder: Path):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def texts_of(args, model=None) -> list[dict]:
    path = args.out / f"drawn-{args.seed}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(draw(model or load(args.model), AutoTokenizer.from_pretrained(args.model), args.seed)) + "\n")
    return json.loads(path.read_text())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["draw", "score"])
    parser.add_argument("name", nargs="?")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--candidate", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    base = load(args.model)
    texts = texts_of(args, base)
    if args.command == "draw":
        tokenizer = AutoTokenizer.from_pretrained(args.model)
        return print("\n".join(f"{text['part']:10} {tokenizer.decode(text['prompt'])!r} | {tokenizer.decode(text['drawn'])!r}" for text in texts))
    own = own_scores(load(args.candidate), texts, args.seed)
    result = compared(texts, own_scores(base, texts, args.seed), own)
    (args.out / f"{args.name}.json").write_text(json.dumps({**summary(result), "draw": result}) + "\n")
    print(json.dumps(summary(result), indent=1))


if __name__ == "__main__":
    main()
