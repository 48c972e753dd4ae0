"""Greedy generation and prefill with Hugging Face transformers on the CPU in float32, for scripts/bench/lm.ts.

Reads a JSON object from standard input: checkpoint, threads, repeats, prompts (lists of token ids of one length), newTokens, and
prefills ([rows, length]). Writes medians in seconds.
"""
import json
import statistics
import sys
import time

import torch
import transformers
from transformers import AutoModelForCausalLM

asked = json.load(sys.stdin)
torch.set_num_threads(asked["threads"])
model = AutoModelForCausalLM.from_pretrained(asked["checkpoint"], dtype=torch.float32).eval()


def median(work):
    work()
    times = []
    for _ in range(asked["repeats"]):
        before = time.perf_counter()
        work()
        times.append(time.perf_counter() - before)
    return statistics.median(times)


def generate(prompts):
    count = asked["newTokens"]
    tokens = torch.tensor(prompts)
    with torch.inference_mode():
        out = model.generate(
            tokens,
            attention_mask=torch.ones_like(tokens),
            do_sample=False,
            min_new_tokens=count,
            max_new_tokens=count,
            pad_token_id=0,
        )
    return out[:, tokens.shape[1] :].tolist()


def prefill(rows, length):
    tokens = torch.arange(rows * length).reshape(rows, length) % model.config.vocab_size
    with torch.inference_mode():
        model(tokens, logits_to_keep=1, use_cache=False)


prompts = asked["prompts"]
print(
    json.dumps(
        {
            "version": f"transformers {transformers.__version__}, torch {torch.__version__}",
            "one": median(lambda: generate(prompts[:1])),
            "eight": median(lambda: generate(prompts)),
            "texts": generate(prompts),
            "prefill": [median(lambda shape=shape: prefill(*shape)) for shape in asked["prefills"]],
        }
    )
)
