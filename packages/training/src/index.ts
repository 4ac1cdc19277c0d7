// Training loops over the model: VQ, SFT, the policy update, evaluation.
export {};
