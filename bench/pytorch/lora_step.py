# One training step of adapters over a frozen decoder with activation checkpointing, as one would write it by hand.
import math

import torch
from janus_decoder import load_decoder
from packed_batch import PackedBatch, mean_loss
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

# Those of the Easel side.
LEARNING_RATE, WEIGHT_DECAY, MAX_NORM = 3e-4, 0.01, 1.0
RANK, ALPHA = 32, 32
LAYERS = {"self_attn": ["q_proj", "k_proj", "v_proj", "o_proj"], "mlp": ["gate_proj", "up_proj", "down_proj"]}


class Adapted(nn.Module):
    def __init__(self, base, first):
        super().__init__()
        self.base = base
        index = torch.arange(first, first + RANK * base.in_features, dtype=torch.int64)
        uniform = (index * 2654435761 % 2**32).double() / 2**32
        values = (2 * uniform - 1) / math.sqrt(base.in_features)
        self.a = nn.Parameter(values.float().view(RANK, base.in_features))
        self.b = nn.Parameter(torch.zeros(base.out_features, RANK))

    def forward(self, x):
        return self.base(x) + F.linear(F.linear(x, self.a) * (ALPHA / RANK), self.b)


def recomputed(layer):
    forward = layer.forward
    layer.forward = lambda *inputs: checkpoint(forward, *inputs, use_reentrant=False)


def prepare(job):
    model = load_decoder(job["checkpoint"]).train().requires_grad_(False)
    first = 0
    for layer in model.language_model.model.layers:
        for block, names in LAYERS.items():
            for name in names:
                adapted = Adapted(getattr(getattr(layer, block), name), first)
                setattr(getattr(layer, block), name, adapted)
                first += adapted.a.numel()
        recomputed(layer)
    batch = PackedBatch(job["batch"])
    parameters = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
    losses = []

    def once():
        optimizer.zero_grad(set_to_none=True)
        loss = mean_loss(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, MAX_NORM)
        optimizer.step()
        losses.append(loss.item())

    return once, lambda: {"losses": losses[:3]}
