"""A part of a model's layers at a time: what the layers below an adapter make of a text is the same for every adapter."""

from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import torch


@contextmanager
def only_layers(body, layers, norm=None):
    """`body` without its other layers, and with another last norm if one is given."""
    everything, last = body.layers, body.norm
    body.layers, body.norm = layers, norm or last
    try:
        yield body
    finally:
        body.layers, body.norm = everything, last


def states_below(body, count: int, ids: torch.Tensor) -> torch.Tensor:
    """What the first `count` layers make of a batch: [text, token, hidden]."""
    with only_layers(body, body.layers[:count], torch.nn.Identity()):
        return body(ids, use_cache=False).last_hidden_state


class States:
    """Last hidden states of batches. The layers below the first one that an adapter changes are computed once and kept in `folder`."""

    def __init__(self, body, below: int, folder: Path):
        self.body, self.below, self.folder = body, below, folder / f"below-{below}"

    def of(self, ids: torch.Tensor) -> torch.Tensor:
        if self.below == 0:
            return self.body(ids).last_hidden_state
        path = self.folder / f"{sha256(ids.numpy().tobytes()).hexdigest()[:24]}.pt"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            torch.save(states_below(self.body, self.below, ids), path)
        with only_layers(self.body, self.body.layers[self.below :]):
            return self.body(inputs_embeds=torch.load(path), use_cache=False).last_hidden_state
