# Decoding as one would write it by hand in PyTorch: preallocated key-value caches that are read up to the position
# reached, and the sampler's rules: a chain up to begin-of-image or the cap, then a fixed number of image codes.
import json
from pathlib import Path

import torch
from janus_decoder import load_decoder, rotary_tables, rotated
from torch.nn import functional as F

IN_CHAIN = 1 << 30


class Cache:
    """Keys and values of each layer `[rows, heads, slots, head_dim]`."""

    def __init__(self, model, rows, slots):
        layers = model.language_model.model.layers
        shape = (rows, layers[0].self_attn.kv_heads, slots, model.head_dim)
        self.keys = [torch.zeros(shape) for _ in layers]
        self.values = [torch.zeros(shape) for _ in layers]


def prefill(model, prompt, cache):
    """Runs one prompt, hands its keys and values to all rows; returns the last state `[1, hidden]`."""
    stack = model.language_model.model
    seq = len(prompt)
    cos, sin = rotary_tables(torch.arange(seq), model.head_dim, model.rope_theta)
    x = stack.embed_tokens(torch.tensor([prompt]))
    for index, layer in enumerate(stack.layers):
        normed = layer.input_layernorm(x)
        q, k, v = layer.self_attn.projected(normed, cos, sin)
        cache.keys[index][:, :, :seq] = k
        cache.values[index][:, :, :seq] = v
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + layer.self_attn.o_proj(mixed.transpose(1, 2).reshape(1, seq, -1))
        x = x + layer.mlp(layer.post_attention_layernorm(x))
    return stack.norm(x[:, -1])


def attended(attention, index, x, cache, position, cos, sin):
    """Attention of one new token a row. Plain products: with one query they beat the fused kernel."""
    rows = x.shape[0]
    heads = (rows, attention.heads, 1, attention.head_dim)
    keys, values = cache.keys[index], cache.values[index]
    keys[:, :, position] = rotated(attention.k_proj(x).view(rows, attention.kv_heads, -1), cos, sin)
    values[:, :, position] = attention.v_proj(x).view(rows, attention.kv_heads, -1)
    q = rotated(attention.q_proj(x).view(heads), cos, sin) * attention.head_dim**-0.5
    shares = torch.softmax(q @ keys[:, :, : position + 1].transpose(-1, -2), -1)
    return attention.o_proj((shares @ values[:, :, : position + 1]).view(rows, -1))


def decoded(model, x, cache, position, tables):
    """One step of all rows, `[rows, hidden]` to `[rows, hidden]`."""
    stack = model.language_model.model
    cos, sin = tables[0][position], tables[1][position]
    for index, layer in enumerate(stack.layers):
        x = x + attended(layer.self_attn, index, layer.input_layernorm(x), cache, position, cos, sin)
        x = x + layer.mlp(layer.post_attention_layernorm(x))
    return stack.norm(x)


def drawn(logits, uniform):
    """Ids and log-probs `[rows]` by inverting the cumulative distribution."""
    probabilities = torch.softmax(logits, -1)
    sums = probabilities.cumsum(-1)
    ids = torch.searchsorted(sums, (uniform * sums[:, -1]).unsqueeze(-1), right=True).squeeze(-1)
    ids = ids.clamp_(max=logits.shape[-1] - 1)
    return ids, probabilities.gather(-1, ids.unsqueeze(-1)).squeeze(-1).log_()


def prepare(job):
    model = load_decoder(job["checkpoint"]).eval()
    request = json.loads(Path(job["requests"]).read_text())
    prompt, text_cap, image_tokens, boi = (request[k] for k in ("promptIds", "textCap", "imageTokens", "beginImage"))
    rows = job["rows"]
    steps = text_cap + 1 + image_tokens
    uniforms = torch.tensor(request["uniforms"], dtype=torch.float32).view(steps, rows)
    slots = len(prompt) + steps
    tables = rotary_tables(torch.arange(slots), model.head_dim, model.rope_theta)
    cache = Cache(model, rows, slots)
    results = {}

    @torch.inference_mode()
    def once():
        hidden = prefill(model, prompt, cache).expand(rows, -1)
        table = model.image_table()
        boi_step = torch.full((rows,), IN_CHAIN)
        in_chain, any_chain, last = torch.ones(rows, dtype=torch.bool), True, steps
        tokens, log_probs = torch.zeros(steps, rows, dtype=torch.long), torch.zeros(steps, rows)
        for step in range(steps):
            if step > last:
                break
            if any_chain:
                ids, log_prob = drawn(model.language_model.lm_head(hidden), uniforms[step])
                if step >= text_cap:
                    ids, log_prob = torch.full_like(ids, boi), torch.zeros_like(log_prob)
                if not in_chain.all():
                    codes, code_log_prob = drawn(model.gen_head(hidden), uniforms[step])
                    ids, log_prob = torch.where(in_chain, ids, codes), torch.where(in_chain, log_prob, code_log_prob)
                x = torch.where(
                    in_chain.unsqueeze(-1),
                    model.language_model.model.embed_tokens(ids.clamp(max=model.language_model.lm_head.out_features - 1)),
                    F.embedding(ids.clamp(max=table.shape[0] - 1), table),
                )
                boi_step = torch.where(in_chain & (ids == boi), step, boi_step)
                in_chain = boi_step == IN_CHAIN
                any_chain = bool(in_chain.any())
                if not any_chain:
                    last = int(boi_step.max()) + image_tokens
            else:
                ids, log_prob = drawn(model.gen_head(hidden), uniforms[step])
                x = F.embedding(ids, table)
            tokens[step], log_probs[step] = ids, log_prob
            if step < last:
                hidden = decoded(model, x, cache, len(prompt) + step, tables)
        results["tokens"], results["boi"] = tokens, boi_step

    def check():
        starts = results["boi"].tolist()
        columns = results["tokens"].t().tolist()
        return {"ids": [column[: start + 1 + image_tokens] for column, start in zip(columns, starts)]}

    return once, check
