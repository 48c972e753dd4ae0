"""Variants of one model with harm of known size, and healthy changes of it. All randomness follows from a variant's name.

    python study/dose/variants.py write noise-5-1 --model BASE --out OUT --to FOLDER
    python study/dose/variants.py list
"""

import argparse
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM

ADAPTERS = {"lora-light": 2e-4, "lora-text": 2e-4, "lora-answers": 5e-4, "lora-warm": 1e-3, "lora-hot": 1e-2}
"""Learning rates of the adapters, each of which `adapters.py` trains on its own texts."""

Change = Callable[[torch.nn.Module, torch.Generator], None]


def matrices(model) -> list[torch.nn.Parameter]:
    """The weights of all linear layers in the blocks; the embedding and the head stay."""
    return [weight for weight in model.model.layers.parameters() if weight.ndim == 2]


def on_each(change: Callable[[torch.Tensor, torch.Generator], torch.Tensor]) -> Change:
    def apply(model, generator):
        for weight in matrices(model):
            weight.copy_(change(weight.float(), generator))

    return apply


def noise(share: float) -> Change:
    """Gaussian, with this share of the standard deviation of each matrix."""
    return on_each(lambda w, g: w + share * w.std() * torch.randn(w.shape, generator=g))


def rounded(bits: int, group: int | None = None) -> Change:
    """Symmetric integers of so many bits and back, with one scale a row or a group of columns."""

    def change(weight, _):
        columns = weight.shape[1]
        size = group if group and columns % group == 0 else columns
        parts = weight.reshape(-1, size)
        most = 2 ** (bits - 1) - 1
        scale = parts.abs().amax(1, keepdim=True).clamp(min=1e-12) / most
        return ((parts / scale).round().clamp(-most - 1, most) * scale).reshape(weight.shape)

    return on_each(change)


def pruned(share: float) -> Change:
    """The smallest weights of each matrix become zero."""
    return on_each(lambda w, _: torch.where(w.abs() <= w.abs().flatten().kthvalue(max(1, int(share * w.numel()))).values, 0.0, w))


def last_bits(model, generator) -> None:
    """Each weight of bfloat16 to one of its neighbors or where it was."""
    for weight in matrices(model):
        bits = weight.view(torch.int16)
        bits += torch.randint(-1, 2, bits.shape, generator=generator, dtype=torch.int16) * (bits & 0x7FFF > 1)


def without_layer(place: float) -> Change:
    """One block adds nothing."""

    def apply(model, _):
        layer = model.model.layers[int(place * len(model.model.layers))]
        layer.self_attn.o_proj.weight.zero_()
        layer.mlp.down_proj.weight.zero_()

    return apply


def without_mlp(place: float) -> Change:
    def apply(model, _):
        model.model.layers[int(place * len(model.model.layers))].mlp.down_proj.weight.zero_()

    return apply


def without_heads(layers: int) -> Change:
    """One head of so many blocks, evenly spread, adds nothing."""

    def apply(model, generator):
        blocks = model.model.layers
        config = model.config.get_text_config()
        heads = config.num_attention_heads
        for i in range(layers):
            output = blocks[(2 * i + 1) * len(blocks) // (2 * layers)].self_attn.o_proj.weight
            size = output.shape[1] // heads
            head = int(torch.randint(heads, (), generator=generator))
            output[:, head * size : (head + 1) * size] = 0

    return apply


def sharpened(factor: float) -> Change:
    """All logits are multiplied: the same model at another temperature."""

    def apply(model, _):
        weight = model.model.norm.weight
        # Gemma's norms multiply by 1 + weight.
        weight.copy_((1 + weight) * factor - 1 if model.config.get_text_config().model_type.startswith("gemma") else weight * factor)

    return apply


def adapted(name: str, scale: float) -> Change:
    """This share of an adapter, merged: a half is the average of the base and the tuned model."""

    def apply(model, _):
        from peft import PeftModel  # adapters are needed by few variants
        from peft.tuners.lora import LoraLayer

        folder = OUT / "adapters" / name
        merged = PeftModel.from_pretrained(model, folder)
        if scale != 1:
            for module in merged.modules():
                if isinstance(module, LoraLayer):
                    module.scaling = {key: value * scale for key, value in module.scaling.items()}
        merged.merge_and_unload()

    return apply


OUT = Path()

VARIANTS: dict[str, Change] = {
    "identical": lambda model, _: None,
    "ulp": last_bits,
    "int8": rounded(8),
    "int6": rounded(6),
    "int5": rounded(5),
    "int4-g128": rounded(4, 128),
    "int4-g32": rounded(4, 32),
    "int4": rounded(4),
    "int3-g128": rounded(3, 128),
    **{f"noise-{percent}-{draw}": noise(percent / 100) for percent, draws in ((1, 2), (2, 2), (3, 2), (5, 3), (7, 4), (10, 2)) for draw in range(1, draws + 1)},
    **{f"pruned-{percent}": pruned(percent / 100) for percent in (10, 20, 30)},
    "layer-early": without_layer(0.4),
    "layer-late": without_layer(0.8),
    "mlp-middle": without_mlp(0.5),
    "heads-2": without_heads(2),
    "heads-5": without_heads(5),
    **{name: adapted(name, 1) for name in ADAPTERS},
    **{f"sharp-{percent}": sharpened(percent / 100) for percent in (50, 80, 125, 150)},
    "average-light": adapted("lora-light", 0.5),
    "average-hot": adapted("lora-hot", 0.5),
}


@torch.no_grad()
def load(name: str, base: Path, out: Path):
    """The model of a variant in bfloat16."""
    global OUT
    OUT = out
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.bfloat16).eval()
    if name != "base":
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], "big")
        VARIANTS[name](model, torch.Generator().manual_seed(seed))
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=["list", "write"])
    parser.add_argument("name", nargs="?")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--out", type=Path, help="folder of the study")
    parser.add_argument("--to", type=Path, help="folder of the variant")
    args = parser.parse_args()
    if args.command == "list":
        return print("\n".join(VARIANTS))
    load(args.name, args.model, args.out).save_pretrained(args.to)
    # Copied: a library would write them anew with additions, and the gate would report another tokenizer.
    for path in args.model.iterdir():
        if path.name.startswith("tokenizer") or path.suffix == ".jinja":
            shutil.copy(path, args.to)


if __name__ == "__main__":
    main()
