# The Janus decoder in PyTorch as one would write it by hand: same sizes, same weights, same functions as Easel's. It
# knows nothing of caches; decoding is in sampling.py.
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        hidden = c["hidden_size"]
        self.q_proj = nn.Linear(hidden, self.heads * self.head_dim, bias=False)
        self.k_proj = nn.Linear(hidden, self.kv_heads * self.head_dim, bias=False)
        self.v_proj = nn.Linear(hidden, self.kv_heads * self.head_dim, bias=False)
        self.o_proj = nn.Linear(self.heads * self.head_dim, hidden, bias=False)

    def projected(self, x, cos, sin):
        """Rotated queries and keys, and values: `[batch, heads, seq, head_dim]`."""
        batch, seq, _ = x.shape
        q = self.q_proj(x).view(batch, seq, self.heads, self.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, seq, self.kv_heads, self.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, seq, self.kv_heads, self.head_dim).transpose(1, 2)
        return rotated(q, cos, sin), rotated(k, cos, sin), v

    def forward(self, x, cos, sin):
        batch, seq, _ = x.shape
        q, k, v = self.projected(x, cos, sin)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.heads != self.kv_heads)
        return self.o_proj(mixed.transpose(1, 2).reshape(batch, seq, -1))


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        hidden, inner = c["hidden_size"], c["intermediate_size"]
        self.gate_proj = nn.Linear(hidden, inner, bias=False)
        self.up_proj = nn.Linear(hidden, inner, bias=False)
        self.down_proj = nn.Linear(inner, hidden, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm = nn.RMSNorm(c["hidden_size"], eps=c["rms_norm_eps"])
        self.self_attn = Attention(c)
        self.post_attention_layernorm = nn.RMSNorm(c["hidden_size"], eps=c["rms_norm_eps"])
        self.mlp = Mlp(c)

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Stack(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = nn.RMSNorm(c["hidden_size"], eps=c["rms_norm_eps"])


class LanguageModel(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.model = Stack(c)
        self.lm_head = nn.Linear(c["hidden_size"], c["vocab_size"], bias=False)


class Aligner(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, hidden))

    def forward(self, x):
        return self.layers(x)


class ImageHead(nn.Module):
    def __init__(self, hidden, inner, codes):
        super().__init__()
        self.output_mlp_projector = nn.Linear(hidden, inner)
        self.vision_head = nn.Linear(inner, codes)

    def forward(self, x):
        return self.vision_head(F.gelu(self.output_mlp_projector(x)))


class JanusDecoder(nn.Module):
    """Parameter names are those of the checkpoint."""

    def __init__(self, config):
        super().__init__()
        language = config["language_config"]
        head = config["gen_head_config"]["params"]
        width = config["gen_aligner_config"]["params"]["input_dim"]
        hidden, codes = language["hidden_size"], head["image_token_size"]
        self.rope_theta, self.head_dim = language["rope_theta"], language["head_dim"]
        self.language_model = LanguageModel(language)
        self.gen_embed = nn.Embedding(codes, width)
        self.gen_aligner = Aligner(width, hidden)
        self.gen_head = ImageHead(hidden, head["image_token_embed"], codes)

    @property
    def text_head(self):
        return self.language_model.lm_head

    def image_table(self):
        """The decoder input of every code `[codes, hidden]`: fewer rows than there are image places."""
        return self.gen_aligner(self.gen_embed.weight)

    def states(self, text_ids, image_ids, is_image):
        """Final states `[rows * length, hidden]` of whole sequences."""
        text = self.language_model.model.embed_tokens(text_ids)
        image = F.embedding(image_ids, self.image_table())
        x = torch.where(is_image.unsqueeze(-1), image, text)
        cos, sin = rotary_tables(torch.arange(x.shape[1]), self.head_dim, self.rope_theta)
        for layer in self.language_model.model.layers:
            x = layer(x, cos, sin)
        return self.language_model.model.norm(x).flatten(0, 1)


def rotary_tables(positions, head_dim, theta):
    """Cosines and sines `[seq, head_dim / 2]` in float32."""
    half = head_dim // 2
    frequencies = theta ** (-torch.arange(half, dtype=torch.float32) * 2 / head_dim)
    angles = positions.float().unsqueeze(-1) * frequencies
    return angles.cos(), angles.sin()


def rotated(x, cos, sin):
    """Pairs are (i, i + half)."""
    first, second = x.float().chunk(2, -1)
    turned = torch.cat((first * cos - second * sin, second * cos + first * sin), -1)
    return turned.to(x.dtype)


def load_decoder(folder):
    """The decoder of a checkpoint folder in the original layout, float32."""
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text())
    model = JanusDecoder(config)
    stored = load_file(folder / "model.safetensors")
    wanted = {name: tensor for name, tensor in stored.items() if not name.startswith("gen_vision_model.")}
    model.load_state_dict(wanted, strict=True)
    return model
