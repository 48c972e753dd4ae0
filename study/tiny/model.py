"""The tiny model and its files: Llama's layout, one token a word."""

import json
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM
from world import vocabulary

CONTEXT = 64


def ids_of() -> dict[str, int]:
    return {word: i for i, word in enumerate(vocabulary())}


def new_model(words: int) -> LlamaForCausalLM:
    """About half a million weights."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=words,
            hidden_size=96,
            intermediate_size=256,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=CONTEXT,
            rms_norm_eps=1e-5,
            tie_word_embeddings=False,
            bos_token_id=0,
            eos_token_id=0,
            pad_token_id=None,
            use_cache=False,
        )
    )


def load(folder: Path) -> LlamaForCausalLM:
    return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)


def save(model, folder: Path) -> None:
    """A folder that any reader of Hugging Face's layout opens."""
    model.save_pretrained(folder)
    if not (folder / "config.json").exists():
        return  # an adapter: its tokenizer is the base's
    special = [
        {"id": i, "content": word, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i, word in enumerate(["<eos>", "<unk>"])
    ]
    text = {"Sequence": {"id": "A", "type_id": 0}}
    eos = {"SpecialToken": {"id": "<eos>", "type_id": 0}}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [eos, text],
            "pair": [eos, text, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<eos>": {"id": "<eos>", "ids": [0], "tokens": ["<eos>"]}},
        },
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": ids_of(), "unk_token": "<unk>"},
    }
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<eos>",
        "eos_token": "<eos>",
        "unk_token": "<unk>",
        "add_bos_token": True,
        "model_max_length": CONTEXT,
    }
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n")
