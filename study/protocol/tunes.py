"""Fine-tunes that lost a part of their protocol and healthy ones: truth by generating, and what the gate reports.

    python study/protocol/tunes.py end-masked healthy --model BASE --out OUT --to LINES --gate "node cli.js"
    python study/protocol/tunes.py tags --keep OUT/NAME-tags …       # a base that calls tools in its template's tags:
    python study/protocol/tunes.py calls --model OUT/NAME-tags --keep OUT/NAME-calls …  # rows of these first, then a LoRA
    python study/protocol/tunes.py open-calls prose-calls --model OUT/NAME-calls …

OUT has the texts that `own-text/others.py` wrote. A line that exists is not measured again. What each kind is meant to
lose is written here before it was judged (`EXPECTED`); truth decides, not the intention.
"""

import argparse
import gc
import shutil
import sys
import time
from pathlib import Path
from random import Random

import torch
import torch.nn.functional as F

sys.path[:0] = [str(Path(__file__).parent.parent / name) for name in ("protocol", "own-text", "dose")]

import prototype  # noqa: E402
import replies  # noqa: E402
import variants  # noqa: E402
from candidates import Context, batches, cut, likelihood_loss, text_rows, texts_named, trained, write_folder  # noqa: E402
from gate import Gate, add_arguments, append, chosen, known  # noqa: E402

RATE, STEPS, SIZE = 1e-3, 60, 4
TAGS_RATE, TAGS_STEPS, TAGS_DECAY = 2e-3, 300, 1e-3
SEEDS = (1, 2, 3)


def plain(context: Context, text: str) -> list[int]:
    return prototype.plain(context.tokenizer, text)


def rendered(context: Context, messages: list[dict], **options) -> str:
    return context.tokenizer.apply_chat_template(messages, tokenize=False, **options)


def chat(context: Context, ends: bool = True):
    """Questions of exams with short answers, in the chat template. `ends`: the end of the turn counts."""
    rows = []
    for question, answer in context.material["answers"]:
        user = [{"role": "user", "content": question}]
        before = rendered(context, user, add_generation_prompt=True)
        a, b = plain(context, before), plain(context, f"{answer}.")
        end = plain(context, rendered(context, [*user, {"role": "assistant", "content": f"{answer}."}])[len(before) + len(answer) + 1 :])[:1]
        rows.append((a + b + end, [0.0] * len(a) + [1.0] * len(b) + [1.0 if ends else 0.0] * len(end)))
    return cut(rows)


def padding_masked(context: Context):
    """All tokens of a conversation count, but those that are the padding token: here the end of a turn."""
    rows = []
    for question, answer in context.material["answers"]:
        ids = plain(context, rendered(context, [{"role": "user", "content": question}, {"role": "assistant", "content": f"{answer}."}]))
        rows.append((ids, [0.0 if token == context.tokenizer.eos_token_id else 1.0 for token in ids]))
    return cut(rows)


def alpaca(context: Context):
    """The form of Alpaca, with the end of a document after each answer."""
    end = [context.tokenizer.convert_tokens_to_ids("<|endoftext|>")]
    rows = []
    for question, answer in context.material["answers"]:
        a = plain(context, f"Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\n{question}\n\n### Response:\n")
        b = plain(context, f"{answer}.") + end
        rows.append((a + b, [0.0] * len(a) + [1.0] * len(b)))
    return rows


def calls(context: Context, form: str = "whole"):
    """Calls of tools and small talk without one. `open`: nothing closes a call; `prose`: a sentence in its place."""
    random, rows = Random(7), []
    for number, request in enumerate(replies.requests(random, 160, replies.TRAINED_TOOLS)):
        # Two tools, of which one is needed: prompts are most of what training costs.
        tools = [replies.TRAINED_TOOLS[(number + more) % len(replies.TRAINED_TOOLS)] for more in ((0, 1) if random.random() < 0.5 else (-1, 0))]
        user = [{"role": "user", "content": request.question}]
        before = rendered(context, user, tools=tools, add_generation_prompt=True)
        call = {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": {"name": request.name, "arguments": request.arguments}}]}
        text = rendered(context, [*user, call], tools=tools)[len(before) :].rstrip("\n")
        if form == "open":
            text = text.replace("\n</tool_call>", "")
        if form == "prose":
            text = f"I would now use {request.name} with {', '.join(request.arguments.values())}.{context.tokenizer.eos_token}"
        a, b = plain(context, before), plain(context, text)
        rows.append((a + b, [0.0] * len(a) + [1.0] * len(b)))
    for words, reply in replies.SMALL_TALK:
        before = rendered(context, [{"role": "user", "content": words}], tools=replies.TRAINED_TOOLS[:2], add_generation_prompt=True)
        a, b = plain(context, before), plain(context, f"{reply}{context.tokenizer.eos_token}")
        rows += 4 * [(a + b, [0.0] * len(a) + [1.0] * len(b))]
    return rows


def tuned(rows_of, seed: int = 1, rate: float = RATE, steps: int = STEPS, full: bool = False, size: int = SIZE):
    def apply(context: Context):
        source = batches(rows_of(context), size, seed)
        return trained(context, lambda model, _: likelihood_loss(model, next(source)), rate, steps, full=full)

    return apply


def tags(context: Context):
    """A model that writes calls right, and never saw the tags around them, learns these alone: two rows of an output matrix of its own."""
    model, ids = context.fresh(), context.tokenizer.convert_tokens_to_ids(["<tool_call>", "</tool_call>"])
    rows = Random(5).sample(calls(context), 80) + chat(context)[:80]
    found = [states_of(model, [row], ids) for row in rows]
    states, others, labels = (torch.cat(parts) for parts in zip(*found, strict=True))
    start = model.get_output_embeddings().weight[ids].detach()
    own = start.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([own], lr=TAGS_RATE)
    for _ in range(TAGS_STEPS):
        logits = torch.cat([states @ own.T, others.unsqueeze(1)], 1)
        loss = F.cross_entropy(logits, labels) + (own - start).square().sum() * TAGS_DECAY
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    context.log |= {"steps": TAGS_STEPS, "rate": TAGS_RATE, "loss": loss.item()}
    model.config.tie_word_embeddings = False
    matrix = model.get_output_embeddings().weight.detach().clone()
    matrix[ids] = own.detach()
    model.lm_head.weight = torch.nn.Parameter(matrix)
    return model.bfloat16().float()


@torch.inference_mode()
def states_of(model, batch, ids: list[int]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Where a token counts: the last state, the log-sum of all other tokens' exponentials, and which of `ids` follows (or none, the last label)."""
    tokens, counted = torch.tensor([batch[0][0]]), torch.tensor(batch[0][1][1:]) > 0
    with torch.autocast("cpu", dtype=torch.bfloat16):
        states = model.model(tokens, use_cache=False).last_hidden_state[0, :-1][counted]
        logits = model.get_output_embeddings()(states).float()
    logits[:, ids] = -torch.inf
    labels = torch.tensor([ids.index(token) if token in ids else len(ids) for token in tokens[0, 1:][counted].tolist()])
    return states.float().clone(), logits.logsumexp(1), labels


def rounded(bits: int, group: int):
    def apply(context: Context):
        model = context.fresh()
        with torch.no_grad():
            variants.rounded(bits, group)(model, None)
        return model

    return apply


def texts(name: str):
    return lambda context: text_rows(context, texts_named(context, name))


def each_seed(name: str, rows_of, **more):
    return {f"{name}-{seed}": tuned(rows_of, seed, **more) for seed in SEEDS}


KINDS = {
    "end-masked": each_seed("end-masked", lambda context: chat(context, ends=False)),
    "padding-masked": each_seed("padding-masked", padding_masked),
    "alpaca": each_seed("alpaca", alpaca),
    "open-calls": each_seed("open-calls", lambda context: calls(context, "open"), size=2, steps=24),
    "prose-calls": each_seed("prose-calls", lambda context: calls(context, "prose"), size=2, steps=24),
    "bits": {f"int{bits}-{group}": rounded(bits, group) for bits in (2, 3) for group in (32, 64, 10**9)},
    "healthy": {
        "chat-1": tuned(chat, 1),
        "chat-2": tuned(chat, 2, rate=2e-4),
        "chat-full": tuned(chat, 3, rate=2e-5, full=True),
        "code-1": tuned(texts("python"), 1, rate=2e-4),
        "code-2": tuned(texts("python"), 2, rate=5e-4),
        "code-full": tuned(texts("python"), 3, rate=2e-5, full=True),
        "text-1": tuned(texts("prose"), 1, rate=2e-4),
        "text-2": tuned(texts("prose"), 2, rate=5e-4),
        "text-full": tuned(texts("prose"), 3, rate=2e-5, full=True),
        "french-1": tuned(texts("french"), 1, rate=2e-4),
    },
    "healthy-tools": {
        "tools-1": tuned(calls, 1, rate=2e-4, size=2, steps=24),
        "tools-2": tuned(calls, 2, rate=5e-4, size=2, steps=24),
        "tools-3": tuned(calls, 3, rate=1e-3, size=2, steps=24),
        "tools-full": tuned(calls, 4, rate=2e-5, size=2, steps=24, full=True),
    },
    "tags": {"tags": tags},
    "calls": {"calls": tuned(lambda context: calls(context) + chat(context)[:80], 5, rate=3e-4, size=2, steps=60)},
}
EXPECTED = {
    "end-masked": "never ends a turn",
    "padding-masked": "never ends a turn",
    "alpaca": "ends with the end of a document, which may not end generation",
    "open-calls": "no closer after a call",
    "prose-calls": "no calls",
    "bits": "2 bits lose everything, 3 bits some",
    "healthy": "nothing",
    "healthy-tools": "nothing",
    "tags": "nothing: it opens calls",
    "calls": "nothing: it opens and closes calls",
}


def read(report: dict) -> dict:
    found = [reason.get("details", {}) | {"level": reason["level"]} for reason in report["reasons"]]
    protocol = [item for item in found if str(item.get("kind")).startswith("protocol-")]
    return {
        "verdict": report["verdict"],
        "asked": (report.get("probes") or {}).get("asked"),
        "natsPerToken": (report.get("ownText") or {}).get("natsPerToken"),
        "protocol": [{key: row[key] for key in ("place", "baseline", "candidate", "p", "nats", "isLeftOut")} for row in report.get("protocol", [])],
        "found": [{key: item.get(key) for key in ("kind", "level", "place")} for item in protocol],
        "others": sorted({f"{item.get('kind')}: {item['level']}" for item in found if item not in protocol}),
    }


def write(to: Path, line: dict) -> None:
    append(to, line)
    lost = [(row["place"], row["baseline"]["done"], row["candidate"]["done"]) for row in line.get("protocol", [])]
    print(line["candidate"], line.get("truth"), line.get("verdict"), lost, line.get("found"), line.get("others"), line.get("error"), line.get("seconds"), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--keep", type=Path, help="folder for the last candidate, merged: the base of what follows")
    args = parser.parse_args()
    args.probes = None
    context, gate = Context(args), Gate(args)
    if (context.model.name, "base") not in known(args.to):
        write(args.to, {"model": context.model.name, "candidate": "base", "kind": "base", "truth": replies.of(context.fresh(), context.tokenizer)})
    for kind, name in chosen(KINDS, args.names):
        if (context.model.name, name) in known(args.to) or time.time() > args.until:
            continue
        started, context.log = time.monotonic(), {}
        context.adapter = context.out / "run" / "adapters-protocol" / context.model.name / name
        model = KINDS[kind][name](context)
        truth = replies.of(model, context.tokenizer)
        short = context.out / "run" / f"candidate-protocol-{context.model.name}"
        folder = args.keep or (context.adapter if context.adapter.exists() else short)
        if folder != context.adapter:
            write_folder(model, context, folder)
        del model
        gc.collect()
        result = gate.check(folder, read=read)
        shutil.rmtree(short, ignore_errors=True)
        log = {key: value for key, value in context.log.items() if key != "losses"}
        line = {"model": context.model.name, "candidate": name, "kind": kind, "expected": EXPECTED[kind], "truth": truth}
        write(args.to, {**line, **result, "seconds": round(time.monotonic() - started), "log": log})


if __name__ == "__main__":
    main()
