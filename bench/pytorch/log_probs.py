# The log-probs of all tokens of a batch, without gradients.
import torch
from janus_decoder import load_decoder
from packed_batch import PackedBatch, token_losses


def prepare(job):
    model = load_decoder(job["checkpoint"]).eval()
    batch = PackedBatch(job["batch"])
    half = job["precision"] == "bf16"

    def losses():
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            return token_losses(model, batch)

    losses = torch.compile(losses, dynamic=False) if job["mode"] == "compile" else losses
    sums = []

    @torch.inference_mode()
    def once():
        text, image = losses()
        sums.append([(text * batch.text_mask).mean().item(), image.mean().item()])

    return once, lambda: {"losses": [-value for value in sums[0]]}
