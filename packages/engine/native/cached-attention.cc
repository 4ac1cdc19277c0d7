// See cached-attention.h. Products and softmax composed under XLA take twice the time where the cache does not fit the
// processor's. Slots that are not visible are read all the same: memory is read in one stream then, and a stream that jumps
// over a few of them every time was measured at a third of the speed.
#include "cached-attention.h"

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

// Scores of all slots. kWidth 0 means the width is only known at run time.
template <int kWidth>
inline __attribute__((always_inline)) void Scores(const float* q, const float* keys, int64_t slots, int64_t width,
                                                  float* scores) {
  const int64_t n = kWidth > 0 ? kWidth : width;
  for (int64_t slot = 0; slot < slots; slot++) {
    const float* key = keys + slot * n;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t d = 0; d < n; d++) sum += q[d] * key[d];
    scores[slot] = sum;
  }
}

// Turns the scores of slots begin to end - 1 into e^(score - largest), the others into 0. Returns the sum.
inline __attribute__((always_inline)) float Exponentials(int64_t begin, int64_t end, int64_t slots, float* scores) {
  float largest = scores[begin];
#pragma omp simd reduction(max : largest)
  for (int64_t slot = begin; slot < end; slot++) largest = std::max(largest, scores[slot]);
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t slot = begin; slot < end; slot++) {
    scores[slot] = ExpOfNegative(scores[slot] - largest);
    sum += scores[slot];
  }
  std::fill(scores, scores + begin, 0.0f);
  std::fill(scores + end, scores + slots, 0.0f);
  return sum;
}

template <int kWidth>
inline __attribute__((always_inline)) void WeightedSum(const float* shares, const float* values, int64_t slots,
                                                       int64_t width, float factor, float* out) {
  if constexpr (kWidth > 0) {
    float sums[kWidth] = {};
    for (int64_t slot = 0; slot < slots; slot++) {
      const float share = shares[slot];
      const float* value = values + slot * kWidth;
#pragma omp simd
      for (int d = 0; d < kWidth; d++) sums[d] += share * value[d];
    }
    for (int d = 0; d < kWidth; d++) out[d] = sums[d] * factor;
  } else {
    std::fill(out, out + width, 0.0f);
    for (int64_t slot = 0; slot < slots; slot++) {
      const float share = shares[slot] * factor;
      const float* value = values + slot * width;
#pragma omp simd
      for (int64_t d = 0; d < width; d++) out[d] += share * value[d];
    }
  }
}

// One query over the cache of its head.
struct Row {
  const float *q, *keys, *values;
  int64_t begin, end, slots, width;
};

template <int kWidth>
inline __attribute__((always_inline)) void AttendOne(const Row& row, float* scores, float* out) {
  Scores<kWidth>(row.q, row.keys, row.slots, row.width, scores);
  const float sum = Exponentials(row.begin, row.end, row.slots, scores);
  WeightedSum<kWidth>(scores, row.values, row.slots, row.width, 1.0f / sum, out);
}

VECTORISED void Attend32(const Row& row, float* scores, float* out) { AttendOne<32>(row, scores, out); }
VECTORISED void Attend64(const Row& row, float* scores, float* out) { AttendOne<64>(row, scores, out); }
VECTORISED void Attend128(const Row& row, float* scores, float* out) { AttendOne<128>(row, scores, out); }
VECTORISED void AttendAny(const Row& row, float* scores, float* out) { AttendOne<0>(row, scores, out); }

// The trap that follows is this version's; another one is used without the kernel until it has been looked at.
constexpr char kVersion[] = "2.21.0";

// Where a call's single result goes. XLA passes the result's memory to a program that it has just compiled. For a program
// that it loads from disk it forgets whether the result was a list and passes either that memory or a list of one, by
// chance: a local variable beside the list of operands, which is on the stack, where no tensor is.
float* ResultOf(void* result, const void** operands) {
  constexpr uintptr_t kFrameBytes = 4096;
  const uintptr_t a = reinterpret_cast<uintptr_t>(result), b = reinterpret_cast<uintptr_t>(operands);
  const bool is_list = (a > b ? a - b : b - a) < kFrameBytes;
  return static_cast<float*>(is_list ? *static_cast<void**>(result) : result);
}

// What XLA calls. Operands: sizes int32 [5] (rows, kv_heads, share, slots, width), q, keys, values, last int32 [],
// first int32 [rows]. The sizes are an operand because XLA passes no shapes.
void CustomCall(void* result, const void** operands, const char*, size_t, void* /* status */) {
  const int32_t* sizes = static_cast<const int32_t*>(operands[0]);
  const CachedAttentionShape shape{sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]};
  CachedAttention(shape, static_cast<const float*>(operands[1]), static_cast<const float*>(operands[2]),
                  static_cast<const float*>(operands[3]), *static_cast<const int32_t*>(operands[4]),
                  static_cast<const int32_t*>(operands[5]), ResultOf(result, operands));
}

}  // namespace

void CachedAttention(const CachedAttentionShape& shape, const float* q, const float* keys, const float* values,
                     int32_t last, const int32_t* first, float* out) {
  const auto attend = shape.width == 32    ? Attend32
                      : shape.width == 64  ? Attend64
                      : shape.width == 128 ? Attend128
                                           : AttendAny;
  const int64_t end = std::clamp<int64_t>(last, 0, shape.slots - 1) + 1;
  // Small enough that a thread which comes late still finds work, large enough to be worth asking for.
  constexpr int64_t kPairsAChunk = 16;
  const int64_t pairs = shape.rows * shape.kv_heads;
  ShareChunks(static_cast<size_t>((pairs + kPairsAChunk - 1) / kPairsAChunk), [&](size_t chunk) {
    thread_local std::vector<float> scores;
    if (scores.size() < static_cast<size_t>(shape.slots)) scores.resize(static_cast<size_t>(shape.slots));
    const int64_t from = static_cast<int64_t>(chunk) * kPairsAChunk;
    for (int64_t pair = from; pair < std::min(from + kPairsAChunk, pairs); pair++) {
      const int64_t begin = std::clamp<int64_t>(first[pair / shape.kv_heads], 0, end - 1);
      const int64_t cache = pair * shape.slots * shape.width;
      for (int64_t i = pair * shape.share; i < (pair + 1) * shape.share; i++) {
        attend({q + i * shape.width, keys + cache, values + cache, begin, end, shape.slots, shape.width}, scores.data(),
               out + i * shape.width);
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
