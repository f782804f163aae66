/*
 * Vectors of 16 floats, whatever the processor has: the compiler makes them of what there is, and CLONES makes a
 * function for each kind of processor, of which the right one is chosen when the addon is loaded.
 */
#pragma once

#include <cstdint>
#include <cstring>

#define CLONES __attribute__((target_clones("avx512f", "fma", "default")))
#define INLINE static inline __attribute__((always_inline))
/** Behind the parameters of a lambda, which otherwise has no part in the CLONES of the function around it. */
#define INLINED __attribute__((always_inline))
/** Before a loop over registers: an array that one indexes otherwise lies in memory. */
#define UNROLLED _Pragma("GCC unroll 16")

namespace layers {

constexpr int LANES = 16;

typedef float V __attribute__((vector_size(64)));
typedef int32_t I __attribute__((vector_size(64)));

INLINE V load(const float* from) {
  V value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

INLINE void store(float* to, V value) { std::memcpy(to, &value, sizeof value); }

/** The first `count` lanes; the others are those of `value`. */
INLINE V loadPart(const float* from, int64_t count, V value = V{}) {
  std::memcpy(&value, from, count * sizeof(float));
  return value;
}

INLINE void storePart(float* to, V value, int64_t count) { std::memcpy(to, &value, count * sizeof(float)); }

INLINE V loadLanes(const float* from, int64_t lanes) { return lanes == LANES ? load(from) : loadPart(from, lanes); }

INLINE void storeLanes(float* to, V value, int64_t lanes) {
  if (lanes == LANES) return store(to, value);
  storePart(to, value, lanes);
}

INLINE V splat(float value) { return value - V{}; }

INLINE V larger(V a, V b) { return a > b ? a : b; }

INLINE float sum(V value) {
  typedef float H __attribute__((vector_size(32)));
  typedef float Q __attribute__((vector_size(16)));
  H halves[2];
  std::memcpy(halves, &value, sizeof value);
  halves[0] += halves[1];
  Q quarters[2];
  std::memcpy(quarters, halves, sizeof quarters);
  quarters[0] += quarters[1];
  const Q q = quarters[0];
  return (q[0] + q[1]) + (q[2] + q[3]);
}

INLINE float largest(V value) {
  float result = value[0];
  for (int i = 1; i < LANES; ++i) result = value[i] > result ? value[i] : result;
  return result;
}

/** e^x within a few roundings, x held to at most 87 in size. */
INLINE V exponential(V x) {
  // e^x = 2^n · e^r with |r| at most ln 2 / 2, by the Taylor series of e^r. Added to 1.5 · 2^23, x / ln 2 is rounded,
  // and n are the last bits.
  const V limit = splat(87);
  x = x > limit ? limit : x;
  x = x < -limit ? -limit : x;
  const V rounding = splat(12582912.0f);
  const V shifted = x * 1.44269504f + rounding;
  const V n = shifted - rounding;
  // ln 2 in two parts: the first has few bits, so that n times it is exact.
  const V r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  V series = r * (1.0f / 5040) + (1.0f / 720);
  series = series * r + (1.0f / 120);
  series = series * r + (1.0f / 24);
  series = series * r + (1.0f / 6);
  series = series * r + 0.5f;
  series = series * r + 1.0f;
  series = series * r + 1.0f;
  const I power = ((I)shifted - (0x4B400000 - 127)) << 23;
  return (V)power * series;
}

INLINE V sigmoid(V x) { return 1.0f / (exponential(-x) + 1.0f); }

/** The error function up to 2e-7. Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.26. */
INLINE V errorFunction(V x) {
  const V size = x < 0.0f ? -x : x;
  const V t = 1.0f / (size * 0.3275911f + 1.0f);
  V series = t * 1.061405429f - 1.453152027f;
  series = series * t + 1.421413741f;
  series = series * t - 0.284496736f;
  series = series * t + 0.254829592f;
  const V value = 1.0f - series * t * exponential(-size * size);
  return x < 0.0f ? -value : value;
}

}  // namespace layers
