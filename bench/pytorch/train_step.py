# One training step: forward, loss, backward, clipping, AdamW.
import torch
from janus_decoder import load_decoder
from packed_batch import PackedBatch, mean_loss

# Those of the Easel side.
LEARNING_RATE, WEIGHT_DECAY, MAX_NORM = 3e-4, 0.01, 1.0


def prepare(job):
    torch.manual_seed(0)
    model = load_decoder(job["checkpoint"]).train()
    batch = PackedBatch(job["batch"])
    parameters = list(model.parameters())
    # The fused form is the fastest that PyTorch has on a CPU.
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
    half = job["precision"] == "bf16"

    def loss_of():
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            return mean_loss(model, batch)

    loss_of = torch.compile(loss_of, dynamic=False) if job["mode"] == "compile" else loss_of
    losses = []

    def once():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, MAX_NORM)
        optimizer.step()
        losses.append(loss.item())

    return once, lambda: {"losses": losses[:3]}
