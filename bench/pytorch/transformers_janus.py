# The transformers library's own Janus class, loaded from an exported checkpoint; for training, under the names by which
# packed_batch.py asks for states and heads.
import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from torch import nn
from torch.nn import functional as F
from transformers import JanusForConditionalGeneration


def load_library_model(folder):
    """The model in float32. The shipped checkpoint has no understanding tower: the library fills it at random."""
    return JanusForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)


class LibraryDecoder(nn.Module):
    """What no loss here reaches is frozen: understanding tower, its aligner, picture codec."""

    def __init__(self, folder):
        super().__init__()
        self.janus = load_library_model(folder)
        inner = self.janus.model
        for part in (inner.vision_model, inner.aligner, inner.vqmodel):
            part.requires_grad_(False)
        self.text_head, self.gen_head = self.janus.lm_head, inner.generation_head

    def embedded(self, text_ids, image_ids, is_image):
        """Decoder inputs `[rows, length, hidden]`. The aligner runs once a code, not once a place: there are fewer."""
        codes = torch.arange(self.janus.model.generation_embeddings.num_embeddings)
        table = self.janus.prepare_embeddings_for_image_generation(codes)
        text = self.janus.get_input_embeddings()(text_ids)
        return torch.where(is_image.unsqueeze(-1), F.embedding(image_ids, table), text)

    def states(self, text_ids, image_ids, is_image):
        """Final states `[rows * length, hidden]`."""
        embeds = self.embedded(text_ids, image_ids, is_image)
        return self.janus.model.language_model(inputs_embeds=embeds, use_cache=False).last_hidden_state.flatten(0, 1)

    def chain_loss(self, batch):
        """The class's own loss: labels are the ids one place after those that predict them."""
        embeds = self.embedded(batch.text_ids, batch.image_ids, batch.is_image)
        return self.janus(inputs_embeds=embeds, labels=batch.text_labels, use_cache=False).loss
