"""The weights of a GGUF file as transformers has them, in float32: what a GGUF file that is run in place is compared with.

    python scripts/real-models/expand_gguf.py MODEL.gguf FOLDER OUT

Needs numpy, gguf (0.19) and safetensors. FOLDER is the same model in the layout of Hugging Face, for its config and tokenizer; OUT
becomes such a folder. For the architectures llama and gemma3.
"""

import json
import os
import re
import shutil
import sys

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize
from safetensors.numpy import save_file

WHOLE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
NORMS = {
    "llama": {"ffn_norm": "post_attention_layernorm"},
    "gemma3": {
        "post_attention_norm": "post_attention_layernorm",
        "ffn_norm": "pre_feedforward_layernorm",
        "post_ffw_norm": "post_feedforward_layernorm",
    },
}


def main(source, folder, out):
    reader = GGUFReader(source)
    field = lambda key: reader.get_field(key).contents()
    architecture = field("general.architecture")
    heads = {"attn_q": "head_count", "attn_k": "head_count_kv"}
    tensors = {}
    for tensor in reader.tensors:
        # gguf-py gives a view of the file, with the header's shape reversed.
        values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        layer, base = re.fullmatch(r"(?:blk\.(\d+)\.)?(\w+)\.weight", tensor.name).groups()
        if architecture == "llama" and base in heads:
            count = field(f"llama.attention.{heads[base]}")
            values = values.reshape(count, -1, 2, values.shape[1]).swapaxes(1, 2).reshape(values.shape)
        if architecture == "gemma3" and base.endswith("norm"):
            values = values - np.float32(1)
        name = WHOLE[base] if layer is None else f"model.layers.{layer}.{(LAYER | NORMS[architecture])[base]}"
        tensors[f"{name}.weight"] = np.ascontiguousarray(values)
    os.makedirs(out, exist_ok=True)
    for name in os.listdir(folder):
        if not name.endswith((".safetensors", ".gguf")):
            shutil.copy(os.path.join(folder, name), out)
    path = os.path.join(out, "config.json")
    with open(path) as file:
        config = json.load(file)
    config["dtype"] = config["torch_dtype"] = "float32"
    with open(path, "w") as file:
        json.dump(config, file, indent=1)
    save_file(tensors, os.path.join(out, "model.safetensors"), {"format": "pt"})


if __name__ == "__main__":
    main(*sys.argv[1:])
