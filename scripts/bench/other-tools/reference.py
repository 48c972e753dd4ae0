"""Log-likelihoods of transformers on the CPU in float32, from the dequantized weights of a GGUF file, for scores.ts.

Reads a JSON object from standard input: gguf (a path) and questions (prompt and choices, as token ids). Writes the logprobs by
question, choice and token, and the version.
"""

import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"
import torch  # noqa: E402
import transformers  # noqa: E402
from transformers import AutoModelForCausalLM, GgufConfig  # noqa: E402

asked = json.load(sys.stdin)
folder, name = os.path.split(asked["gguf"])
model = AutoModelForCausalLM.from_pretrained(
    folder, gguf_file=name, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
).eval()


def logprobs(prompt, choice):
    with torch.inference_mode():
        logits = model(torch.tensor([prompt + choice[:-1]])).logits[0, len(prompt) - 1 :]
    # The sum over the vocabulary is one of float64: what differs are the logits.
    return logits.double().log_softmax(-1).gather(-1, torch.tensor(choice)[:, None])[:, 0].tolist()


found = [[logprobs(own["prompt"], choice) for choice in own["choices"]] for own in asked["questions"]]
print(json.dumps({"version": f"transformers {transformers.__version__}", "logprobs": found}))
