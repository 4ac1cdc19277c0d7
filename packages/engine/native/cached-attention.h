// Attention of one new token a row over a cache, for XLA on the processor: the kernel and its registration.
#pragma once

#include <cstdint>

namespace easel {

// The name under which XLA's custom calls find the kernel. Another meaning of its arguments is another name: compiled
// programs are kept on disk.
constexpr char kCachedAttention[] = "easel_cached_attention_2";

struct CachedAttentionShape {
  int64_t rows, kv_heads, share, slots, width, prefixes, prefix_slots;
};

// What each row has by itself. Keys and values [rows, kv_heads, slots, width]; slots 0 to last are visible.
struct OwnCache {
  const float *keys, *values;
  int32_t last;
};

// What rows have in common and comes before. Keys and values [prefixes, kv_heads, prefix_slots, width]; a row sees those of
// of_row[row] from slot first[row] on. Indices are clamped.
struct PrefixCache {
  const float *keys, *values;
  const int32_t *of_row, *first;
};

// out[row, head, share] = softmax(q k^T) v over the visible slots of both. Row-major float32: q and out
// [rows, kv_heads, share, width].
void CachedAttention(const CachedAttentionShape& shape, const float* q, const OwnCache& own, const PrefixCache& prefix,
                     float* out);

// Makes the kernel known to XLA, once a process. False where this TensorFlow has no such registry, or is of a version that the
// kernel was not written for.
bool RegisterCachedAttention();

}  // namespace easel
