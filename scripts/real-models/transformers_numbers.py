"""What transformers computes for compare.ts, on the CPU: a request on standard input, numbers on standard output.

For each prompt: its tokens, the greedy continuation in float32 with the gap between the two most likely tokens at each step,
and log p(continuation | prompt) in float32 and in float64. The float64 model uses float64 throughout: its norms are replaced, since
transformers computes norms in float32 whatever the weights are.
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import torch  # noqa: E402
import transformers  # noqa: E402
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402


def rms64(module, plus_one):
    def forward(x):
        epsilon = getattr(module, "variance_epsilon", None) or module.eps
        normal = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + epsilon)
        return normal * (1 + module.weight if plus_one else module.weight)

    return forward


def in_float64(model):
    for module in model.modules():
        name = type(module).__name__
        if name.endswith("RMSNorm"):
            module.forward = rms64(module, plus_one=name.startswith("Gemma"))
        elif "Norm" in name:
            raise SystemExit(f"{name}: how to compute it in float64 is not known")
    return model.double()


def logprobs(model, tokens, start):
    """log p of the tokens from `start` on, each after those before it."""
    logits = model(torch.tensor([tokens[:-1]])).logits[0, start - 1 :]
    chosen = torch.tensor(tokens[start:])
    # Float32 logits too are summed over the vocabulary in float64: only the logits differ.
    return logits.double().log_softmax(-1).gather(-1, chosen[:, None])[:, 0].tolist()


def greedy(model, tokens, count, stops):
    inputs, cache, found, gaps = torch.tensor([tokens]), None, [], []
    while len(found) < count:
        output = model(inputs, past_key_values=cache, use_cache=True)
        cache = output.past_key_values
        best = output.logits[0, -1].double().topk(2)
        found.append(best.indices[0].item())
        gaps.append((best.values[0] - best.values[1]).item())
        if found[-1] in stops:
            break
        inputs = torch.tensor([found[-1:]])
    return found, gaps


def main():
    request = json.load(sys.stdin)
    tokenizer = AutoTokenizer.from_pretrained(request["model"])
    model = AutoModelForCausalLM.from_pretrained(request["model"], dtype=torch.float32).eval()
    eos = model.generation_config.eos_token_id
    stops = set(eos if isinstance(eos, list) else [eos])
    cases = []
    with torch.inference_mode():
        for prompt in request["prompts"]:
            tokens = tokenizer(prompt)["input_ids"]
            found, gaps = greedy(model, tokens, request["count"], stops)
            cases.append({"prompt": prompt, "tokens": tokens, "greedy": found, "gaps": gaps})
            print(prompt[:30].replace("\n", " "), len(tokens), len(found), file=sys.stderr)
        for text in request["texts"]:
            cases.append({"prompt": text, "tokens": tokenizer(text)["input_ids"], "greedy": None})
        for case in cases:
            case["scored"] = case["tokens"] + (case["greedy"] or [])
            case["start"] = len(case["tokens"]) if case["greedy"] else 1
            case["float32"] = logprobs(model, case["scored"], case["start"])
        model = in_float64(model)
        for case in cases:
            case["float64"] = logprobs(model, case["scored"], case["start"])
    print(json.dumps({"transformers": transformers.__version__, "torch": torch.__version__, "cases": cases}))


main()
