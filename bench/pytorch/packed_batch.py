# The batch that both sides compute on, read from the file Easel's packing wrote; and the log-probs of its tokens.
import json
from pathlib import Path

import torch
from torch.nn import functional as F


class PackedBatch:
    """Tensors under the names of Easel's packing; see `PackedSequences` in packages/janus."""

    def __init__(self, file):
        packed = json.loads(Path(file).read_text())
        grid = (packed["rows"], packed["length"])
        self.text_ids = torch.tensor(packed["textIds"]).view(grid)
        self.image_ids = torch.tensor(packed["imageIds"]).view(grid)
        self.is_image = torch.tensor(packed["isImage"], dtype=torch.bool).view(grid)
        self.text_positions = torch.tensor(packed["textPositions"])
        self.text_targets = torch.tensor(packed["textTargets"])
        self.text_mask = torch.tensor(packed["textMask"], dtype=torch.float32)
        self.text_labels = labelled(grid, self.text_positions, self.text_targets, self.text_mask)
        self.image_positions = torch.tensor(packed["imagePositions"])
        self.image_targets = torch.tensor(packed["imageTargets"])
        self.image_mask = torch.tensor(packed["imageMask"], dtype=torch.float32)


def labelled(grid, positions, targets, mask):
    """Labels `[rows, length]` in the library's form: -100 where nothing is to be predicted."""
    labels = torch.full(grid, -100)
    counted = mask > 0
    labels.view(-1)[positions[counted] + 1] = targets[counted]
    return labels


def token_losses(model, batch):
    """Cross-entropies in nats of text tokens `[text]` and image tokens `[rows * image tokens]`."""
    states = model.states(batch.text_ids, batch.image_ids, batch.is_image)
    text_logits = model.text_head(states.index_select(0, batch.text_positions))
    image_logits = model.gen_head(states.index_select(0, batch.image_positions))
    text = F.cross_entropy(text_logits.float(), batch.text_targets, reduction="none")
    image = F.cross_entropy(image_logits.float(), batch.image_targets, reduction="none")
    return text, image


def mean_loss(model, batch):
    text, image = token_losses(model, batch)
    total = (text * batch.text_mask).sum() + (image * batch.image_mask).sum()
    return total / (batch.text_mask.sum() + batch.image_mask.sum())
