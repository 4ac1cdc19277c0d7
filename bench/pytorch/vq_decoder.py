# The decoder half of the VQ codec in PyTorch, channels first, from the weights of a checkpoint.
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.nn import functional as F

EPSILON = 1e-6


class VqDecoder:
    """Functions over the stored weights; `attn` weights exist where the codec attends."""

    def __init__(self, folder):
        folder = Path(folder)
        self.sizes = json.loads((folder / "config.json").read_text())["gen_vision_config"]["params"]
        stored = load_file(folder / "model.safetensors")
        root = "gen_vision_model."
        self.weights = {name[len(root) :]: value for name, value in stored.items() if name.startswith(root)}
        codebook = self.weights["quantize.embedding.weight"]
        self.codebook = F.normalize(codebook, dim=-1)

    def conv(self, path, x):
        weight = self.weights[f"{path}.weight"]
        return F.conv2d(x, weight, self.weights[f"{path}.bias"], padding=weight.shape[-1] // 2)

    def norm(self, path, x):
        weight, bias = self.weights[f"{path}.weight"], self.weights[f"{path}.bias"]
        return F.group_norm(x, self.sizes["norm_groups"], weight, bias, EPSILON)

    def residual(self, path, x):
        h = self.conv(f"{path}.conv1", F.silu(self.norm(f"{path}.norm1", x)))
        h = self.conv(f"{path}.conv2", F.silu(self.norm(f"{path}.norm2", h)))
        return h + (self.conv(f"{path}.nin_shortcut", x) if f"{path}.nin_shortcut.weight" in self.weights else x)

    def attention(self, path, x):
        h = self.norm(f"{path}.norm", x)
        q, k, v = (self.conv(f"{path}.{name}", h).flatten(2).transpose(1, 2) for name in "qkv")
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(x.shape)
        return x + self.conv(f"{path}.proj_out", mixed)

    def level(self, index, x):
        path = f"decoder.conv_blocks.{index}"
        for block in range(self.sizes["num_res_blocks"] + 1):
            x = self.residual(f"{path}.res.{block}", x)
            if f"{path}.attn.{block}.norm.weight" in self.weights:
                x = self.attention(f"{path}.attn.{block}", x)
        if f"{path}.upsample.conv.weight" in self.weights:
            x = self.conv(f"{path}.upsample.conv", F.interpolate(x, scale_factor=2.0))
        return x

    def __call__(self, codes):
        """Codes `[batch, side, side]` to levels 0..255, int32 `[batch, 3, height, width]`."""
        x = F.embedding(codes, self.codebook).permute(0, 3, 1, 2).contiguous()
        x = self.conv("decoder.conv_in", self.conv("post_quant_conv", x))
        x = self.residual("decoder.mid.0", x)
        if "decoder.mid.1.norm.weight" in self.weights:
            x = self.attention("decoder.mid.1", x)
        x = self.residual("decoder.mid.2", x)
        for index in range(len(self.sizes["ch_mult"])):
            x = self.level(index, x)
        x = self.conv("decoder.conv_out", F.silu(self.norm("decoder.norm_out", x)))
        return ((x + 1) / 2 * 255).clamp(0, 255).int()


def prepare(job):
    decoder = VqDecoder(job["checkpoint"])
    codes = torch.tensor(json.loads(Path(job["codes"]).read_text()))
    side = int(codes.shape[1] ** 0.5)
    grid = codes.view(-1, side, side)
    run = torch.compile(decoder.__call__, dynamic=False) if job["mode"] == "compile" else decoder
    results = {}

    @torch.inference_mode()
    def once():
        results["levels"] = run(grid)

    def check():
        levels = results["levels"].permute(0, 2, 3, 1).flatten()
        return {"levels": levels[:: max(1, levels.numel() // 5000)].tolist()}

    return once, check
