/* A step of Adam in one pass over memory. */
#include <algorithm>
#include <cmath>

#include "layers.h"
#include "vector.h"

namespace layers {
namespace {

/** With -fno-math-errno, and as a loop, it is one instruction. */
__attribute__((optimize("O3"))) INLINE V squareRoot(V value) {
  float lanes[LANES];
  store(lanes, value);
#pragma GCC unroll 1
  for (int i = 0; i < LANES; ++i) lanes[i] = std::sqrt(lanes[i]);
  return load(lanes);
}

CLONES void step(int64_t begin, int64_t end, const Adam& by, const float* parameters, const float* gradients,
                 float* first, float* second, float* updated) {
  for (int64_t i = begin; i < end; i += LANES) {
    const int64_t lanes = std::min<int64_t>(LANES, end - i);
    const V p = loadLanes(parameters + i, lanes);
    const V g = p * by.penalty + loadLanes(gradients + i, lanes);
    const V m = loadLanes(first + i, lanes) * by.beta1 + g * by.rest1;
    const V v = loadLanes(second + i, lanes) * by.beta2 + g * g * by.rest2;
    storeLanes(first + i, m, lanes);
    storeLanes(second + i, v, lanes);
    const V change = m * by.rate / (squareRoot(v) * by.inverseRoot + by.epsilon);
    storeLanes(updated + i, p * by.keep - change, lanes);
  }
}

}  // namespace

void adam(const Parallel& parallel, int64_t count, const Adam& by, const float* parameters, const float* gradients,
          float* first, float* second, float* updated) {
  // Items are vectors, so that no range begins within one.
  parallel((count + LANES - 1) / LANES, 15, [=, &by](int64_t begin, int64_t end) {
    step(begin * LANES, std::min(count, end * LANES), by, parameters, gradients, first, second, updated);
  });
}

}  // namespace layers
