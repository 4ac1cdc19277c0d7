// See cached-attention.h. Products and softmax composed under XLA take twice the time where the cache does not fit the
// processor's. The prefix is worked on head by head for several rows, so that it stays in the processor's cache; a row's own
// slots are read in the order of memory, and from half of them on those that are not visible too: a stream that jumps over a
// few slots every time was measured at a third of the speed.
#include "cached-attention.h"

#include <pthread.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "tensorflow/c/c_api.h"
#include "worker-threads.h"

// One version of the inner loops for each generation of vector units; the loader picks.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define VECTORISED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VECTORISED
#endif

namespace xla {
// XLA's registry of custom calls, as much of it as is used here. Weak: without it the address is null.
class CustomCallTargetRegistry {
 public:
  __attribute__((weak)) static CustomCallTargetRegistry* Global();
  __attribute__((weak)) void Register(const std::string& symbol, void* address, const std::string& platform);
};
}  // namespace xla

namespace easel {
namespace {

// e^x for x <= 0, within 2 units in the last place; 0 below -87. Cephes' reduction and polynomial. Written without
// branches so that the loop around it becomes vector code.
inline float ExpOfNegative(float x) {
  const float clamped = std::max(x, -87.0f);
  const float n = std::nearbyint(clamped * 1.44269504088896341f);
  const float r = (clamped - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return x < -87.0f ? 0.0f : p * power;
}

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define SHUFFLES
#endif
#endif

#ifdef SHUFFLES
using V4 = float __attribute__((vector_size(16)));
using V8 = float __attribute__((vector_size(32)));
using V16 = float __attribute__((vector_size(64)));

template <class V>
inline __attribute__((always_inline)) V Load(const float* from) {
  V v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

inline __attribute__((always_inline)) V4 FoldedToFour(const V16& v) {
  const V8 half = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                  __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
  return __builtin_shufflevector(half, half, 0, 1, 2, 3) + __builtin_shufflevector(half, half, 4, 5, 6, 7);
}

// The product of a query with one key in four parts.
template <int kWidth>
inline __attribute__((always_inline)) V4 PartsOfProduct(const float* q, const float* key) {
  V16 sum = Load<V16>(q) * Load<V16>(key);
  for (int d = 16; d < kWidth; d += 16) sum += Load<V16>(q + d) * Load<V16>(key + d);
  return FoldedToFour(sum);
}

// Products of a query with four keys. Compilers sum the lanes of one product after another, which takes longer than all else.
template <int kWidth>
inline __attribute__((always_inline)) void FourProducts(const float* q, const float* keys, float* scores) {
  const V4 a = PartsOfProduct<kWidth>(q, keys), b = PartsOfProduct<kWidth>(q, keys + kWidth);
  const V4 c = PartsOfProduct<kWidth>(q, keys + 2 * kWidth), d = PartsOfProduct<kWidth>(q, keys + 3 * kWidth);
  const V4 ab = __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
  const V4 cd = __builtin_shufflevector(c, d, 0, 1, 4, 5) + __builtin_shufflevector(c, d, 2, 3, 6, 7);
  const V4 sums = __builtin_shufflevector(ab, cd, 0, 2, 4, 6) + __builtin_shufflevector(ab, cd, 1, 3, 5, 7);
  std::memcpy(scores, &sums, sizeof sums);
}
#endif

// Scores of slots. kWidth 0 means the width is only known at run time.
template <int kWidth>
inline __attribute__((always_inline)) void Scores(const float* q, const float* keys, int64_t slots, int64_t width,
                                                  float* scores) {
  const int64_t n = kWidth > 0 ? kWidth : width;
  int64_t slot = 0;
#ifdef SHUFFLES
  if constexpr (kWidth > 0) {
    for (; slot + 4 <= slots; slot += 4) FourProducts<kWidth>(q, keys + slot * kWidth, scores + slot);
  }
#endif
  for (; slot < slots; slot++) {
    const float* key = keys + slot * n;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t d = 0; d < n; d++) sum += q[d] * key[d];
    scores[slot] = sum;
  }
}

// The largest score and the sum of e^(score - largest) of what has been attended to.
struct Softmax {
  float largest, sum;
};

// Turns the first scores into e^(score - largest), the others up to `slots` into 0.
inline __attribute__((always_inline)) Softmax Exponentials(int64_t visible, int64_t slots, float* scores) {
  float most[16];
  std::fill(most, most + 16, scores[0]);
  int64_t done = 0;
  for (; done + 16 <= visible; done += 16) {
#pragma omp simd
    for (int i = 0; i < 16; i++) most[i] = scores[done + i] > most[i] ? scores[done + i] : most[i];
  }
  for (; done < visible; done++) most[0] = std::max(most[0], scores[done]);
  const float largest = *std::max_element(most, most + 16);
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t slot = 0; slot < visible; slot++) {
    scores[slot] = ExpOfNegative(scores[slot] - largest);
    sum += scores[slot];
  }
  std::fill(scores + visible, scores + slots, 0.0f);
  return {largest, sum};
}

// out = factor * out + shares * values
template <int kWidth>
inline __attribute__((always_inline)) void AddWeighted(const float* shares, const float* values, int64_t slots,
                                                       int64_t width, float factor, float* out) {
  if constexpr (kWidth > 0) {
    float sums[kWidth];
    for (int d = 0; d < kWidth; d++) sums[d] = factor * out[d];
    for (int64_t slot = 0; slot < slots; slot++) {
      const float share = shares[slot];
      const float* value = values + slot * kWidth;
#pragma omp simd
      for (int d = 0; d < kWidth; d++) sums[d] += share * value[d];
    }
    for (int d = 0; d < kWidth; d++) out[d] = sums[d];
  } else {
    for (int64_t d = 0; d < width; d++) out[d] *= factor;
    for (int64_t slot = 0; slot < slots; slot++) {
      const float share = shares[slot];
      const float* value = values + slot * width;
#pragma omp simd
      for (int64_t d = 0; d < width; d++) out[d] += share * value[d];
    }
  }
}

// A part of the cache that one query attends to.
struct Slots {
  const float *keys, *values;
  // The first of them are visible, and all are read.
  int64_t visible, count, width;
};

// Attends to more slots: `out` holds the weighted values of those before, relative to `before`, and then those of all.
template <int kWidth>
inline __attribute__((always_inline)) Softmax AttendMore(const float* q, const Slots& slots, Softmax before, float* scores,
                                                         float* out) {
  Scores<kWidth>(q, slots.keys, slots.count, slots.width, scores);
  const Softmax here = Exponentials(slots.visible, slots.count, scores);
  const float largest = std::max(before.largest, here.largest);
  const float keep = ExpOfNegative(before.largest - largest), take = ExpOfNegative(here.largest - largest);
  if (take != 1.0f) {
#pragma omp simd
    for (int64_t slot = 0; slot < slots.visible; slot++) scores[slot] *= take;
  }
  AddWeighted<kWidth>(scores, slots.values, slots.count, slots.width, keep, out);
  return {largest, before.sum * keep + here.sum * take};
}

VECTORISED Softmax Attend32(const float* q, const Slots& slots, Softmax before, float* scores, float* out) {
  return AttendMore<32>(q, slots, before, scores, out);
}
VECTORISED Softmax Attend64(const float* q, const Slots& slots, Softmax before, float* scores, float* out) {
  return AttendMore<64>(q, slots, before, scores, out);
}
VECTORISED Softmax Attend128(const float* q, const Slots& slots, Softmax before, float* scores, float* out) {
  return AttendMore<128>(q, slots, before, scores, out);
}
VECTORISED Softmax AttendAny(const float* q, const Slots& slots, Softmax before, float* scores, float* out) {
  return AttendMore<0>(q, slots, before, scores, out);
}

// The trap that follows is this version's; another one is used without the kernel until it has been looked at.
constexpr char kVersion[] = "2.21.0";

// The calling thread's stack.
struct Stack {
  uintptr_t low = 0, high = 0;
};

Stack StackOfThisThread() {
#ifdef __APPLE__
  const uintptr_t high = reinterpret_cast<uintptr_t>(pthread_get_stackaddr_np(pthread_self()));
  return {high - pthread_get_stacksize_np(pthread_self()), high};
#else
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return {};
  void* low = nullptr;
  size_t size_bytes = 0;
  pthread_attr_getstack(&attributes, &low, &size_bytes);
  pthread_attr_destroy(&attributes);
  return {reinterpret_cast<uintptr_t>(low), reinterpret_cast<uintptr_t>(low) + size_bytes};
#endif
}

// Where a call's single result goes. XLA passes the result's memory to a program that it has just compiled. For a program
// that it loads from disk it forgets whether the result was a list and passes either that memory or a list of one, by
// chance: a local variable, on the stack, where no tensor is.
float* ResultOf(void* result) {
  thread_local const Stack stack = StackOfThisThread();
  const uintptr_t at = reinterpret_cast<uintptr_t>(result);
  const bool is_list = at >= stack.low && at < stack.high;
  return static_cast<float*>(is_list ? *static_cast<void**>(result) : result);
}

// What XLA calls. Operands: sizes int32 [7] (rows, kv_heads, share, slots, width, prefixes, prefix_slots), q, keys, values,
// last int32 [], prefix keys, prefix values, of_row int32 [rows], first int32 [rows]. The sizes are an operand because XLA
// passes no shapes.
void CustomCall(void* result, const void** operands, const char*, size_t, void* /* status */) {
  const int32_t* sizes = static_cast<const int32_t*>(operands[0]);
  const CachedAttentionShape shape{sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], sizes[6]};
  const auto floats = [&](int i) { return static_cast<const float*>(operands[i]); };
  const auto ints = [&](int i) { return static_cast<const int32_t*>(operands[i]); };
  CachedAttention(shape, floats(1), {floats(2), floats(3), *ints(4)}, {floats(5), floats(6), ints(7), ints(8)},
                  ResultOf(result));
}

}  // namespace

void CachedAttention(const CachedAttentionShape& shape, const float* q, const OwnCache& own, const PrefixCache& prefix,
                     float* out) {
  const auto attend = shape.width == 32    ? Attend32
                      : shape.width == 64  ? Attend64
                      : shape.width == 128 ? Attend128
                                           : AttendAny;
  const int64_t visible = std::clamp<int64_t>(own.last, 0, shape.slots - 1) + 1;
  const int64_t read = 2 * visible < shape.slots ? visible : shape.slots;
  // Small enough that a thread which comes late still finds work, large enough that rows share what they read of a prefix.
  const int64_t rows_a_chunk = std::clamp<int64_t>(shape.rows / 8, 1, 16);
  const int64_t queries_a_row = shape.kv_heads * shape.share;
  ShareChunks(static_cast<size_t>((shape.rows + rows_a_chunk - 1) / rows_a_chunk), [&](size_t chunk) {
    thread_local std::vector<float> scores;
    thread_local std::vector<Softmax> softmaxes;
    scores.resize(std::max(scores.size(), static_cast<size_t>(std::max(shape.slots, shape.prefix_slots))));
    softmaxes.resize(std::max(softmaxes.size(), static_cast<size_t>(rows_a_chunk * queries_a_row)));
    const int64_t from = static_cast<int64_t>(chunk) * rows_a_chunk, to = std::min(from + rows_a_chunk, shape.rows);
    for (int64_t head = 0; head < shape.kv_heads; head++) {
      for (int64_t row = from; row < to; row++) {
        const int64_t which = std::clamp<int64_t>(prefix.of_row[row], 0, shape.prefixes - 1);
        const int64_t first = std::clamp<int64_t>(prefix.first[row], 0, shape.prefix_slots);
        const int64_t count = shape.prefix_slots - first;
        const int64_t at = ((which * shape.kv_heads + head) * shape.prefix_slots + first) * shape.width;
        for (int64_t i = head * shape.share; i < (head + 1) * shape.share; i++) {
          const int64_t query = (row * queries_a_row + i) * shape.width;
          std::fill(out + query, out + query + shape.width, 0.0f);
          Softmax& softmax = softmaxes[(row - from) * queries_a_row + i];
          softmax = {std::numeric_limits<float>::lowest(), 0.0f};
          if (count == 0) continue;
          const Slots slots{prefix.keys + at, prefix.values + at, count, count, shape.width};
          softmax = attend(q + query, slots, softmax, scores.data(), out + query);
        }
      }
    }
    for (int64_t row = from; row < to; row++) {
      for (int64_t i = 0; i < queries_a_row; i++) {
        const int64_t query = (row * queries_a_row + i) * shape.width;
        const int64_t at = (row * shape.kv_heads + i / shape.share) * shape.slots * shape.width;
        const Slots slots{own.keys + at, own.values + at, visible, read, shape.width};
        const Softmax all =
            attend(q + query, slots, softmaxes[(row - from) * queries_a_row + i], scores.data(), out + query);
        const float factor = 1.0f / all.sum;
        for (int64_t d = 0; d < shape.width; d++) out[query + d] *= factor;
      }
    }
  });
}

bool RegisterCachedAttention() {
  auto* const global = &xla::CustomCallTargetRegistry::Global;
  if (global == nullptr || std::strcmp(TF_Version(), kVersion) != 0) return false;
  static bool once = [&] {
    global()->Register(kCachedAttention, reinterpret_cast<void*>(&CustomCall), "Host");
    return true;
  }();
  return once;
}

}  // namespace easel
