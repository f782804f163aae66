/* SiLU, GELU and GEGLU, and their gradients. */
#include "layers.h"
#include "vector.h"

namespace layers {
namespace {

/** The activation of x is x times this. */
INLINE V share(V x, int kind) {
  if (kind == SILU) return sigmoid(x);
  if (kind == GELU) return errorFunction(x * 0.7071067811865476f) * 0.5f + 0.5f;
  return sigmoid(x * (x * x * (0.044715f * 1.5957691216f) + 1.5957691216f));
}

/** The derivative of the activation, of its share: share + x · share'. */
INLINE V slope(V x, V share, int kind) {
  if (kind == GELU) return x * exponential(x * x * -0.5f) * 0.3989422804f + share;
  V rest = x * (1.0f - share);
  if (kind == GELU_TANH) rest *= x * x * (3 * 0.044715f * 1.5957691216f) + 1.5957691216f;
  return share * rest + share;
}

INLINE V activated(V x, V dy, int kind, bool gradient) {
  const V part = share(x, kind);
  return gradient ? dy * slope(x, part, kind) : x * part;
}

template <int kind>
INLINE void activateValues(int64_t begin, int64_t end, const float* x, const float* dy, float* y) {
  int64_t i = begin;
  for (; i + LANES <= end; i += LANES) {
    store(y + i, activated(load(x + i), dy ? load(dy + i) : V{}, kind, dy));
  }
  if (i == end) return;
  const int64_t left = end - i;
  storePart(y + i, activated(loadPart(x + i, left), dy ? loadPart(dy + i, left) : V{}, kind, dy), left);
}

CLONES void activateRange(int64_t begin, int64_t end, int kind, const float* x, const float* dy, float* y) {
  if (kind == SILU) return activateValues<SILU>(begin, end, x, dy, y);
  if (kind == GELU) return activateValues<GELU>(begin, end, x, dy, y);
  activateValues<GELU_TANH>(begin, end, x, dy, y);
}

CLONES void gegluRange(int64_t begin, int64_t end, int64_t channels, const float* x, float* y) {
  for (int64_t row = begin; row < end; ++row) {
    const float *values = x + 2 * row * channels, *gates = values + channels;
    float* to = y + row * channels;
    for (int64_t c = 0; c < channels; c += LANES) {
      const int64_t lanes = channels - c < LANES ? channels - c : LANES;
      const V gate = loadLanes(gates + c, lanes), value = loadLanes(values + c, lanes);
      storeLanes(to + c, value * (gate * share(gate, GELU)), lanes);
    }
  }
}

CLONES void gegluGradientRange(int64_t begin, int64_t end, int64_t channels, const float* x, const float* dy,
                               float* dx) {
  for (int64_t row = begin; row < end; ++row) {
    const float *values = x + 2 * row * channels, *gates = values + channels;
    float* to = dx + 2 * row * channels;
    for (int64_t c = 0; c < channels; c += LANES) {
      const int64_t lanes = channels - c < LANES ? channels - c : LANES;
      const V gate = loadLanes(gates + c, lanes), value = loadLanes(values + c, lanes);
      const V d = loadLanes(dy + row * channels + c, lanes), part = share(gate, GELU);
      storeLanes(to + c, d * (gate * part), lanes);
      storeLanes(to + channels + c, d * value * slope(gate, part, GELU), lanes);
    }
  }
}

}  // namespace

void activate(const Parallel& parallel, int64_t count, int kind, const float* x, const float* dy, float* y) {
  // Items are vectors, so that no range begins within one.
  parallel((count + LANES - 1) / LANES, 10, [=](int64_t begin, int64_t end) {
    const int64_t last = end * LANES < count ? end * LANES : count;
    activateRange(begin * LANES, last, kind, x, dy, y);
  });
}

void geglu(const Parallel& parallel, int64_t rows, int64_t channels, const float* x, const float* dy, float* y) {
  parallel(rows, channels, [=](int64_t begin, int64_t end) {
    if (dy == nullptr) return gegluRange(begin, end, channels, x, y);
    gegluGradientRange(begin, end, channels, x, dy, y);
  });
}

}  // namespace layers
