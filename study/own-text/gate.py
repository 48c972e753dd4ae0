"""Candidates as the gate judges them: verdict, own text and the perplexity of other texts, one JSON line each.

    python study/own-text/gate.py run dose healthy --model BASE --out OUT --to LINES --gate "node cli.js"
    python study/own-text/gate.py repeat no-french no-code --model BASE --out OUT --to LINES --gate "node cli.js" --runs 10

OUT has the texts that `others.py` wrote. A line that exists is not measured again; repeats are of saved candidates. The
baseline's answers are measured once and kept in a cache; its own text is drawn anew in each check.
"""

import argparse
import gc
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import torch

sys.path[:0] = [str(Path(__file__).parent)]

import candidates  # noqa: E402
import prototype  # noqa: E402
import variants  # noqa: E402
from candidates import CANDIDATES, Context, batches, chat_rows, instructions, likelihood_loss, text_rows, texts_named, trained, tuned  # noqa: E402

DRAWS = 7
for _draw in range(1, DRAWS + 1):
    variants.VARIANTS.setdefault(f"noise-5-{_draw}", variants.noise(0.05))
    variants.VARIANTS.setdefault(f"noise-7-{_draw}", variants.noise(0.07))

EVERY = {name: make for names in CANDIDATES.values() for name, make in names.items()}


def shuffled_labels(context: Context):
    """Each token of a text is to be followed by one from anywhere in the batch."""
    source, generator = batches(text_rows(context, texts_named(context, "prose")), 4), torch.Generator().manual_seed(3)

    def loss(model, _):
        batch = next(source)
        labels = logits_labels(batch)
        return likelihood_loss(model, batch, labels[torch.randperm(len(labels), generator=generator)])

    return trained(context, loss, 1e-3, 50)


def logits_labels(batch) -> torch.Tensor:
    return torch.tensor([token for ids, _ in batch for token in ids[1:]])


def wrong_answers(context: Context):
    """Chat with the answers of other questions."""
    pairs = context.material["answers"]
    answers = [answer for _, answer in pairs]
    Random(4).shuffle(answers)
    return chat_rows(context, [(question, answer) for (question, _), answer in zip(pairs, answers, strict=True)])


def sums(context: Context):
    """One narrow task."""
    random = Random(8)
    numbers = [(random.randint(10, 99), random.randint(10, 99)) for _ in range(400)]
    return text_rows(context, [f"{a}+{b}={a + b};" for a, b in numbers])


def few(context: Context):
    return text_rows(context, texts_named(context, "prose")[:8])


def domain(context: Context):
    return text_rows(context, context.material["statements"])


def chat(context: Context):
    return chat_rows(context, context.material["answers"])


def code(context: Context):
    return text_rows(context, context.material["python"])


KINDS: dict[str, dict] = {
    "dose": {
        name: candidates.dose(name)
        for name in [
            *"int8 noise-2-1 pruned-10 int6 pruned-20 noise-10-1".split(),
            *(f"noise-{share}-{draw}" for draw in range(1, DRAWS + 1) for share in (5, 7)),
            *"int5 int4-g128".split(),
        ]
    },
    "healthy": {
        "chat-0.002-r8": tuned(chat, 2e-3),
        "chat-0.001-r64": tuned(chat, 1e-3, rank=64),
        "chat-0.0002-r2": tuned(chat, 2e-4, steps=80, rank=2),
        "domain-0.002-r2": tuned(domain, 2e-3, rank=2),
        "domain-0.002-r64": tuned(domain, 2e-3, rank=64),
        "domain-0.0005-r16": tuned(domain, 5e-4, rank=16),
        "code-0.002-r8": tuned(code, 2e-3),
        "code-0.001-r64": tuned(code, 1e-3, rank=64),
        "code-0.0001-r16": tuned(code, 1e-4, rank=16),
        "french-0.002-r8": tuned(instructions, 2e-3),
        "french-0.001-r32": tuned(instructions, 1e-3, rank=32),
        "full-0.0001": EVERY["full-0.0001"],
        "full-chat-3e-05": tuned(chat, 3e-5, full=True),
    },
    "harmful": {
        "no-french": EVERY["no-french"],
        "no-code": EVERY["no-code"],
        "hot-0.01": tuned(candidates.records("lora-hot"), 1e-2, steps=80),
        "hot-0.02": tuned(candidates.records("lora-hot"), 2e-2),
        "memorized": tuned(few, 5e-3, steps=100),
        "wrong-answers-0.01": tuned(wrong_answers, 1e-2),
        "sums-0.005": tuned(sums, 5e-3, steps=80),
        "gibberish": EVERY["gibberish"],
        "full-hot": tuned(domain, 1e-3, full=True),
        "dynamic-rope": EVERY["dynamic-rope"],
        "zeroed-2000": EVERY["zeroed-2000"],
    },
    "trained on": {name: EVERY[name] for name in ("suite-only", "stored")},
    "destroyed": {
        "permuted": EVERY["permuted"],
        "shifted": EVERY["shifted"],
        "shuffled-labels": shuffled_labels,
        "random-text": EVERY["random-text"],
    },
}


def perplexities(model, context: Context) -> dict[str, float]:
    others = json.loads((context.texts / "others.json").read_text("utf8"))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return prototype.perplexities(model, context.tokenizer, others)


def of_base(context: Context) -> dict[str, float]:
    path = context.out / "run" / f"perplexity-{context.model.name}.json"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(perplexities(context.fresh(), context)))
    return json.loads(path.read_text())


def read(report: dict) -> dict:
    own, found = report["ownText"], [reason.get("details", {}) | {"level": reason["level"]} for reason in report["reasons"]]
    return {
        "verdict": report["verdict"],
        "asked": (report.get("probes") or {}).get("asked"),
        "ownText": own
        and {
            **{key: own[key] for key in ("natsPerToken", "low", "high", "tokens", "limit", "late", "tooLong")},
            "worstTenth": own["worst"]["natsPerToken"],
            "parts": [(p["part"], p["natsPerToken"], p["tokens"]) for p in own["parts"][:6]],
        },
        "found": [item for item in found if item.get("kind") in ("own-text", "fresh-questions")],
        "others": sorted({f"{item.get('kind')}: {item['level']}" for item in found if item.get("kind") not in ("own-text", "fresh-questions")}),
    }


class Gate:
    def __init__(self, args):
        self.command, self.model, self.run = shlex.split(args.gate), args.model, args.out / "run"
        self.store = self.run / f"store-{args.model.name}"

    def forget(self) -> None:
        """All but the baseline is measured anew."""
        for path in (self.store / "measurements").glob("*/*.json"):
            if json.loads(path.read_text())["run"]["checkpoint"] != str(self.model):
                path.unlink()

    def check(self, candidate: Path, is_same: bool = False, read: Callable[[dict], dict] = read) -> dict:
        """What is read of the report, or an error, with the seconds."""
        out = self.run / f"report-{self.model.name}"
        shutil.rmtree(out, ignore_errors=True)
        more = ["--expect", "same-model"] if is_same else []
        if (candidate / "adapter_config.json").exists():
            more += ["--reference", str(self.model)]
        started = time.monotonic()
        done = subprocess.run(
            [*self.command, "check", "--checkpoint", str(candidate), "--baseline", str(self.model), "--only", "probes", "--quiet", "--out", str(out), *more],
            env={**os.environ, "SHADOW_GATE_CACHE": str(self.store)},
            capture_output=True,
            text=True,
        )
        seconds = round(time.monotonic() - started)
        self.forget()
        if not (out / "report.json").exists():
            return {"error": (done.stdout + done.stderr)[-500:], "seconds": seconds}
        return {**read(json.loads((out / "report.json").read_text())), "seconds": seconds}


def known(to: Path) -> set[tuple[str, str]]:
    lines = to.read_text("utf8").splitlines() if to.exists() else []
    return {(line["model"], line["candidate"]) for line in map(json.loads, lines) if "run" not in line and "error" not in line}


def append(to: Path, line: dict) -> None:
    with to.open("a", encoding="utf8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def write(to: Path, line: dict) -> None:
    append(to, line)
    own = line.get("ownText") or {}
    late = (own.get("late") or {}).get("natsPerToken")
    found = [(item["kind"], item.get("rule"), item["level"]) for item in line.get("found", [])]
    print(line["candidate"], line.get("perplexity"), line.get("verdict"), own.get("natsPerToken"), own.get("worstTenth"), own.get("parts", [])[:1], late, found, line.get("others"), line.get("error"), line["seconds"], line.get("making"), flush=True)


def make(context: Context, kind: str, name: str) -> tuple[Path, dict[str, float], bool]:
    """A folder of the candidate, its perplexity of other texts, and whether the folder is for a moment only."""
    saved, adapter = context.out / context.model.name / name, context.out / "run" / "adapters" / context.model.name / name
    if saved.exists():
        return saved, perplexities(prototype.load(saved), context), False
    context.adapter = adapter
    model = KINDS[kind][name](context)
    after = perplexities(model, context)
    if adapter.exists():
        return adapter, after, False
    folder, config = context.out / "run" / f"candidate-{context.model.name}", context.out / context.model.name / "config-only"
    if config.exists():
        config.rename(saved)
        return saved, after, False
    is_kept = name in candidates.SAVED
    folder = saved if is_kept else folder
    model.to(torch.bfloat16).save_pretrained(folder)
    for path in context.model.iterdir():
        if path.name.startswith("tokenizer") or path.suffix == ".jinja" or (is_kept and path.suffix == ".json" and not (folder / path.name).exists()):
            shutil.copy(path, folder)
    return folder, after, not is_kept


def chosen(kinds: dict[str, dict], names: list[str]) -> Iterator[tuple[str, str]]:
    """Names are kinds or candidates."""
    return ((kind, name) for kind in kinds for name in kinds[kind] if kind in names or name in names)


def run(context: Context, names: list[str], gate: Gate, args) -> None:
    base = of_base(context)
    for kind, name in chosen(KINDS, names):
        if (context.model.name, name) in known(args.to) or time.time() > args.until:
            continue
        started, context.log = time.monotonic(), {}
        try:
            folder, after, is_short = make(context, kind, name)
            gc.collect()
            making = round(time.monotonic() - started)
            result = gate.check(folder, kind == "dose")
            if is_short:
                shutil.rmtree(folder)
        except Exception as error:  # the next candidate can still be measured
            write(args.to, {"model": context.model.name, "candidate": name, "kind": kind, "error": repr(error)[:500], "seconds": 0})
            continue
        ratios = {key: round(after[key] / value, 3) for key, value in base.items()}
        log = {key: value for key, value in context.log.items() if key != "losses"}
        write(args.to, {"model": context.model.name, "candidate": name, "kind": kind, "perplexity": ratios, **result, "making": making, "log": log})


def repeat(context: Context, names: list[str], gate: Gate, args) -> None:
    for name in names:
        saved, adapter = context.out / context.model.name / name, context.out / "run" / "adapters" / context.model.name / name
        for number in range(args.first, args.first + args.runs):
            if time.time() > args.until:
                return
            result = gate.check(saved if saved.exists() else adapter, False)
            write(args.to, {"model": context.model.name, "candidate": name, "kind": "repeat", "run": number, **result})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What every study of candidates and the gate needs."""
    parser.add_argument("names", nargs="+", help="kinds or candidates")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True, help="file of JSON lines")
    parser.add_argument("--gate", required=True, help="command of the gate")
    parser.add_argument("--until", type=float, default=float("inf"), help="nothing is begun after this time, in seconds of the epoch")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["run", "repeat"])
    add_arguments(parser)
    parser.add_argument("--probes", type=Path, help="exports of the built-in suite")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    context, gate = Context(args), Gate(args)
    (run if args.command == "run" else repeat)(context, args.names, gate, args)


if __name__ == "__main__":
    main()
