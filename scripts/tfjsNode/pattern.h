/*
 * Images as rows of floats that vectors run along, also where a vector does not divide the channels: what belongs to a
 * channel is repeated until it does, a `Pattern`.
 */
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "layers.h"
#include "vector.h"

namespace layers {

/** Floats of a chunk of an image, about: what two passes find in the cache. */
constexpr int64_t CHUNK = 8192;

/** How images are cut into chunks: by their shape alone. */
struct Chunks {
  explicit Chunks(const Images& images)
      : rows(std::max<int64_t>(1, CHUNK / images.channels)),
        count((images.pixels + rows - 1) / rows),
        width(std::lcm(images.channels, LANES)) {
    // Several vectors, so that one is added to while another waits for its sum.
    width *= (4 * LANES + width - 1) / width;
  }

  int64_t rows, count;
  /** Floats of a pattern: a multiple of the channels and of a vector. */
  int64_t width;
};

/** Where a chunk of the images lies. */
struct Piece {
  Piece(const Images& images, const Chunks& chunks, int64_t item) : image(item / chunks.count) {
    const int64_t first = item % chunks.count * chunks.rows;
    rows = std::min(chunks.rows, images.pixels - first);
    offset = (image * images.pixels + first) * images.channels;
    floats = rows * images.channels;
  }

  int64_t image, rows, offset, floats;
};

/** The values of `channels` channels, repeated to the width. */
inline void fillPattern(float* pattern, int64_t width, const float* values, int64_t channels) {
  for (int64_t i = 0; i < width; i += channels) std::copy(values, values + channels, pattern + i);
}

/** Calls `body(i, p, lanes)` for each vector of a piece: its place, that within the pattern, how many lanes count. */
template <typename Body>
INLINE void alongPattern(int64_t floats, int64_t width, Body body) {
  int64_t i = 0;
  for (; i + width <= floats; i += width) {
    for (int64_t p = 0; p < width; p += LANES) body(i + p, p, (int64_t)LANES);
  }
  for (int64_t p = 0; i + p < floats; p += LANES) body(i + p, p, std::min<int64_t>(LANES, floats - i - p));
}

/** Adds up what a pattern of sums holds for each channel. */
inline void foldPattern(const float* pattern, int64_t width, float* sums, int64_t channels) {
  std::copy(pattern, pattern + channels, sums);
  for (int64_t i = channels; i < width; ++i) sums[i % channels] += pattern[i];
}

}  // namespace layers
