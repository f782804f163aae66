/* The functions of `normPieces.h`. */
#include "normPieces.h"

namespace layers {
namespace {

INLINE V siluSlope(V x) {
  const V share = sigmoid(x);
  return share * (x * (1.0f - share)) + share;
}

/** What follows a norm, of its result z. */
INLINE V follow(V z, Then then) {
  if (then == Then::SILU) return z * sigmoid(z);
  // NaN stays.
  return then == Then::RELU ? (z < 0.0f ? V{} : z) : z;
}

/** The gradient of z, of that of what follows it. */
INLINE V followGradient(V z, V dy, Then then) {
  if (then == Then::SILU) return dy * siluSlope(z);
  return then == Then::RELU ? (z > 0.0f ? dy : V{}) : dy;
}

}  // namespace

CLONES void addPiece(const float* x, const Piece& piece, int64_t width, int64_t channels, float* result) {
  std::vector<float> sums(width);
  alongPattern(piece.floats, width, [&](int64_t i, int64_t p, int64_t lanes) INLINED {
    store(&sums[p], load(&sums[p]) + loadLanes(x + i, lanes));
  });
  foldPattern(sums.data(), width, result, channels);
}

CLONES void sumPiece(const float* x, const Piece& piece, int64_t width, int64_t channels, float* result) {
  std::vector<float> means(width), sums(width);
  addPiece(x, piece, width, channels, result);
  for (int64_t c = 0; c < channels; ++c) result[c] /= piece.rows;
  fillPattern(means.data(), width, result, channels);
  std::fill(sums.begin(), sums.end(), 0.0f);
  alongPattern(piece.floats, width, [&](int64_t i, int64_t p, int64_t lanes) INLINED {
    const V mean = load(&means[p]);
    const V centred = (lanes == LANES ? load(x + i) : loadPart(x + i, lanes, mean)) - mean;
    store(&sums[p], load(&sums[p]) + centred * centred);
  });
  foldPattern(sums.data(), width, result + channels, channels);
}

CLONES void applyPiece(const float* x, float* y, int64_t floats, int64_t width, Then then, const Affine& at) {
  const float *scale = at.scale.data(), *shift = at.shift.data();
  alongPattern(floats, width, [&](int64_t i, int64_t p, int64_t lanes) INLINED {
    storeLanes(y + i, follow(loadLanes(x + i, lanes) * load(scale + p) + load(shift + p), then), lanes);
  });
}

CLONES void sumGradients(const float* x, const float* dy, const Piece& piece, int64_t width, Then then,
                         const Affine& at, int64_t channels, float* result) {
  std::vector<float> sums(width), products(width);
  alongPattern(piece.floats, width, [&](int64_t i, int64_t p, int64_t lanes) INLINED {
    const V value = loadLanes(x + i, lanes), z = value * load(&at.scale[p]) + load(&at.shift[p]);
    const V dz = followGradient(z, loadLanes(dy + i, lanes), then);
    store(&sums[p], load(&sums[p]) + dz);
    store(&products[p], load(&products[p]) + dz * (value - load(&at.mean[p])));
  });
  foldPattern(sums.data(), width, result, channels);
  foldPattern(products.data(), width, result + channels, channels);
}

CLONES void applyGradient(const float* x, const float* dy, float* dx, int64_t floats, int64_t width, Then then,
                          const Affine& at) {
  alongPattern(floats, width, [&](int64_t i, int64_t p, int64_t lanes) INLINED {
    const V value = loadLanes(x + i, lanes), scale = load(&at.scale[p]);
    const V dz = followGradient(value * scale + load(&at.shift[p]), loadLanes(dy + i, lanes), then);
    storeLanes(dx + i, dz * scale - (value * load(&at.slope[p]) + load(&at.offset[p])), lanes);
  });
}

}  // namespace layers
