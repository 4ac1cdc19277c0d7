// The sequence of prompt, chain and picture that several sections share, as a row to pack, and a shorter companion of it.

/** Prompt, chain (begin-of-image last) and codes of the mixed sequence. */
export function mixedRow(forward) {
  const prefix = forward.ints("mixed.prefix_ids");
  const [chainLength = 0] = forward.shape("mixed.chain_logprobs");
  return {
    promptIds: prefix.slice(0, prefix.length - chainLength),
    chainIds: prefix.slice(prefix.length - chainLength),
    imageCodes: forward.ints("mixed.image_ids"),
  };
}

/** Another row of other lengths, so that padding takes part. */
export function shorterRow({ promptIds, chainIds, imageCodes }) {
  return {
    promptIds: promptIds.slice(0, 3),
    chainIds: chainIds.slice(-2),
    imageCodes: [...imageCodes].reverse(),
  };
}
