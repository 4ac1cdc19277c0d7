# One training step: forward, loss, backward, clipping, AdamW.
import torch
from packed_batch import PackedBatch, mean_loss

# Those of the Easel side.
LEARNING_RATE, WEIGHT_DECAY, MAX_NORM = 3e-4, 0.01, 1.0


def load(job):
    """The decoder written by hand, or the library's where the job names an export for it."""
    if "export" in job:
        from transformers_janus import LibraryDecoder

        return LibraryDecoder(job["export"])
    from janus_decoder import load_decoder

    return load_decoder(job["checkpoint"])


def prepare(job):
    torch.manual_seed(0)
    model = load(job).train()
    batch = PackedBatch(job["batch"])
    loss_function = {"all": mean_loss, "chain": lambda model, batch: model.chain_loss(batch)}[job.get("loss", "all")]
    parameters = [weight for weight in model.parameters() if weight.requires_grad]
    # The fused form is the fastest that PyTorch has on a CPU.
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY, fused=True)
    half = job["precision"] == "bf16"

    def loss_of():
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            return loss_function(model, batch)

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
