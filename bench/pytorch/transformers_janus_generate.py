# Guided pictures with the `generate` method of the transformers library's own Janus class.
import json
from pathlib import Path

import torch
from transformers_janus import load_library_model


def prepare(job):
    torch.manual_seed(0)
    model = load_library_model(job["export"]).eval()
    request = json.loads(Path(job["requests"]).read_text())
    prompts = torch.tensor([[*prompt, request["beginImage"]] for prompt in request["prompts"]])
    ids = prompts.repeat_interleave(job["rows"] // len(prompts), 0)
    # Left out, the library would truncate what it samples from.
    sampling = {"do_sample": True, "temperature": job["temperature"], "top_k": 0, "top_p": 1.0}
    results = {}

    @torch.inference_mode()
    def once():
        results["codes"] = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            generation_mode="image",
            guidance_scale=job["guidanceScale"],
            **(sampling if job["temperature"] > 0 else {"do_sample": False}),
        )
        assert results["codes"].shape == (job["rows"], request["imageTokens"])

    return once, lambda: {"ids": results["codes"].tolist()}
