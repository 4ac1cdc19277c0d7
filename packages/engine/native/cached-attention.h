// Attention of one new token a row over a cache, for XLA on the processor: the kernel and its registration.
#pragma once

#include <cstdint>

namespace easel {

// The name under which XLA's custom calls find the kernel. Another meaning of its arguments is another name: compiled
// programs are kept on disk.
constexpr char kCachedAttention[] = "easel_cached_attention_1";

struct CachedAttentionShape {
  int64_t rows, kv_heads, share, slots, width;
};

// out[row, head, share] = softmax(q k^T) v over the slots first[row] to last, both included, clamped to the cache.
// Row-major float32: q and out [rows, kv_heads, share, width], keys and values [rows, kv_heads, slots, width].
void CachedAttention(const CachedAttentionShape& shape, const float* q, const float* keys, const float* values,
                     int32_t last, const int32_t* first, float* out);

// Makes the kernel known to XLA, once a process. False where this TensorFlow has no such registry, or is of a version that the
// kernel was not written for.
bool RegisterCachedAttention();

}  // namespace easel
