# Decoding with the `generate` method of the transformers library: a Llama of the decoder's size, sampling.
import json
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM


def prepare(job):
    torch.manual_seed(0)
    language = json.loads((Path(job["checkpoint"]) / "config.json").read_text())["language_config"]
    request = json.loads(Path(job["requests"]).read_text())
    names = (
        "hidden_size intermediate_size num_hidden_layers num_attention_heads num_key_value_heads head_dim vocab_size"
    )
    config = LlamaConfig(**{name: language[name] for name in names.split()}, tie_word_embeddings=False)
    model = LlamaForCausalLM(config).eval()
    ids = torch.tensor([request["promptIds"]]).expand(job["rows"], -1).contiguous()
    steps = request["textCap"] + 1 + request["imageTokens"]

    @torch.inference_mode()
    def once():
        made = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            top_k=0,
            min_new_tokens=steps,
            max_new_tokens=steps,
            pad_token_id=0,
            eos_token_id=None,
        )
        assert made.shape[1] == ids.shape[1] + steps

    return once, lambda: {}
