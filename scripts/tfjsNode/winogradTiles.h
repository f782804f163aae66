/*
 * What convolutions by Winograd's algorithm and the gradient of their filter share: tiles of 4 × 4 pixels, and the 36
 * matrices of their transforms. Channels are multiples of 16.
 */
#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include "layers.h"
#include "winograd.h"

namespace layers {

constexpr int POINTS = 36;
/** Columns of a panel of a product's second factor, two vectors: with 12 rows of sums they fill AVX-512's registers. */
constexpr int64_t PANEL = 2 * LANES;
/** Floats of the matrices of a block, to stay in the second-level cache, unless it would be of too few tiles. */
constexpr int64_t BLOCK_FLOATS = 400000;

struct Free {
  void operator()(float* data) const { std::free(data); }
};
using Buffer = std::unique_ptr<float, Free>;

/** Floats at the start of a cache line, not cleared. */
inline Buffer allocate(int64_t floats) {
  void* data = std::aligned_alloc(64, (floats + LANES) / LANES * LANES * sizeof(float));
  if (data == nullptr) throw std::bad_alloc();
  return Buffer(static_cast<float*>(data));
}

/** Floats of this thread's own, which stay, and so in the cache near it, for the next block. */
inline float* scratch(int64_t floats) {
  thread_local Buffer data;
  thread_local int64_t size = 0;
  if (floats > size) {
    data = allocate(floats);
    size = floats;
  }
  return data.get();
}

inline int64_t divide(int64_t value, int64_t by) { return (value + by - 1) / by; }

/** Floats from one of the 36 matrices to the next: an odd number of cache lines, so that not all share a set. */
inline int64_t strideOf(int64_t rows, int64_t columns) { return (divide(rows * columns, LANES) | 1) * LANES; }

/** The tiles of images, and one by one where they lie. */
struct Tiles {
  explicit Tiles(const Convolution& of)
      : height(of.height), width(of.width), across(divide(of.width, 4)), ofImage(divide(of.height, 4) * across),
        count(of.batch * ofImage) {}

  /** Image and first pixel of a tile. */
  struct Place {
    int64_t image, top, left;
  };
  Place place(int64_t tile) const {
    const int64_t inImage = tile % ofImage;
    return {tile / ofImage, inImage / across * 4, inImage % across * 4};
  }
  /** The pixels of a square from (top, left) on, `zeros` outside the image. */
  template <int side>
  INLINE void pixels(const Tiles& tiles, const float* images, int64_t channels, Place from, const float* zeros,
                     const float* (&result)[side * side]) {
    const float* image = images + from.image * tiles.height * tiles.width * channels;
    for (int i = 0; i < side; ++i) {
      const int64_t y = from.top + i;
      for (int j = 0; j < side; ++j) {
        const int64_t x = from.left + j;
        const bool inside = y >= 0 && y < tiles.height && x >= 0 && x < tiles.width;
        result[i * side + j] = inside ? image + (y * tiles.width + x) * channels : zeros;
      }
    }
  }

  int64_t height, width, across, ofImage, count;
};

/** 36 matrices of `rows` × `columns`, cut into groups of `group` columns: of each first all rows, then the next. */
struct Matrices {
  Matrices(float* data, int64_t rows, int64_t columns, int64_t group)
      : data(data), rows(rows), columns(columns), group(group), stride(strideOf(rows, columns)) {}

  static int64_t floats(int64_t rows, int64_t columns) { return POINTS * strideOf(rows, columns); }
  INLINE float* at(const Matrices& of, int64_t row, int64_t column) {
    const int64_t first = column / of.group * of.group;
    return of.data + first * of.rows + row * std::min(of.group, of.columns - first) + (column - first);
  }

  float* data;
  int64_t rows, columns, group, stride;
};

/** Rows of a tile of sums, which with two vectors of columns fill the registers of AVX-512. */
constexpr int ROWS = 12;

/** The rows that a product reads and writes together: as many as are left, in fours. */
INLINE int rowsOf(int64_t left) { return left > 8 ? ROWS : left > 4 ? 8 : 4; }

/** Transforms the tiles from `first` on to the rows from `row` on: of the input, or by the adjoint of its gradient. */
template <typename Transform, typename Target>
INLINE void transformTiles(const Tiles& tiles, const float* images, const float* zeros, int64_t first, int64_t last,
                           int64_t row, const Target& to) {
  constexpr int side = Transform::from;
  for (int64_t tile = first; tile < last; ++tile, ++row) {
    Tiles::Place place = tiles.place(tile);
    if (side == 6) --place.top, --place.left;
    const float* pixels[side * side];
    Tiles::pixels<side>(tiles, images, to.columns, place, zeros, pixels);
    for (int64_t c = 0; c < to.columns; c += LANES) {
      float* target = Target::at(to, row, c);
      transformTile<Transform>(
          [&](int i, int j) INLINED { return load(pixels[i * side + j] + c); },
          [&](int i, int j, const V& value) INLINED { store(target + (6 * i + j) * to.stride, value); });
    }
  }
}

/** Nanoseconds of `rows` rows of products of a point. */
inline double costOf(int64_t rows, const Convolution& of) { return 1.0 * rows * of.depth * of.columns / 40; }

/** Nanoseconds of transforming a tile. */
inline double transformCost(int64_t channels) { return 4.0 * channels; }

}  // namespace layers
