/*
 * Convolutions 3×3 that keep height and width, and the gradient of their filter, by products of transformed tiles of
 * 4 × 4 pixels: a quarter of those of the direct sum, which oneDNN computes. Channels are multiples of 16.
 */
#include "winograd.h"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "layers.h"

namespace layers {
namespace {

constexpr int POINTS = 36;
/** Columns of a panel of the filter, two vectors: of its rows 12 sums each fill the registers of AVX-512. */
constexpr int64_t PANEL = 2 * LANES;
/** Channels of a group of the input of a filter's gradient: they lie side by side, so that no two rows share a set. */
constexpr int64_t GROUP = 48;
/** Floats of the matrices of a block, to stay in the second-level cache, unless it would be of too few tiles. */
constexpr int64_t BLOCK_FLOATS = 400000;
constexpr int64_t MIN_TILES = 48, MAX_TILES = 96, MIN_GRADIENT_TILES = 96;
/** Blocks from which on each is computed by one thread from its input to its output. */
constexpr int64_t MANY_BLOCKS = 8;

struct Free {
  void operator()(float* data) const { std::free(data); }
};
using Buffer = std::unique_ptr<float, Free>;

/** Floats at the start of a cache line, not cleared. */
Buffer allocate(int64_t floats) {
  void* data = std::aligned_alloc(64, (floats + LANES) / LANES * LANES * sizeof(float));
  if (data == nullptr) throw std::bad_alloc();
  return Buffer(static_cast<float*>(data));
}

int64_t divide(int64_t value, int64_t by) { return (value + by - 1) / by; }

/** Floats from one of the 36 matrices to the next: an odd number of cache lines, so that not all share a set. */
int64_t strideOf(int64_t rows, int64_t columns) { return (divide(rows * columns, LANES) | 1) * LANES; }

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

/** 36 matrices cut into groups of 12 rows, of each of which a vector of channels follows that of the row before. */
struct RowGroups {
  RowGroups(float* data, int64_t rows, int64_t columns)
      : data(data), columns(columns), stride(strideOf(padded(rows), columns)) {}

  static int64_t padded(int64_t rows) { return divide(rows, ROWS) * ROWS; }
  static int64_t floats(int64_t rows, int64_t columns) { return POINTS * strideOf(padded(rows), columns); }
  INLINE float* at(const RowGroups& of, int64_t row, int64_t column) {
    return of.data + row / ROWS * ROWS * of.columns + column * ROWS + row % ROWS * LANES;
  }

  float* data;
  int64_t columns, stride;
};

/** 16 rows of 16 floats, transposed. */
INLINE void transpose(V (&rows)[LANES]) {
  UNROLLED
  for (int step = 1; step < LANES; step *= 2) {
    I low, high;
    UNROLLED
    for (int lane = 0; lane < LANES; ++lane) {
      low[lane] = lane & step ? LANES + lane - step : lane;
      high[lane] = lane & step ? LANES + lane : lane + step;
    }
    UNROLLED
    for (int i = 0; i < LANES; ++i) {
      if (i & step) continue;
      const V a = rows[i], b = rows[i | step];
      rows[i] = __builtin_shuffle(a, b, low);
      rows[i | step] = __builtin_shuffle(a, b, high);
    }
  }
}

/**
 * Transforms 16 rows of a filter [3, 3, depth, columns], or of one [3, 3, columns, depth] whose taps are taken in
 * reverse, if `backward`.
 */
CLONES void transformFilter(const float* filter, bool backward, int64_t row, int64_t depth, const Matrices& to) {
  const int64_t columns = to.columns;
  for (int64_t column = 0; column < columns; column += LANES) {
    V taps[9][LANES];
    for (int tap = 0; tap < 9; ++tap) {
      const float* from = filter + (backward ? 8 - tap : tap) * depth * columns;
      if (!backward) {
        for (int r = 0; r < LANES; ++r) taps[tap][r] = load(from + (row + r) * columns + column);
        continue;
      }
      for (int c = 0; c < LANES; ++c) taps[tap][c] = load(from + (column + c) * depth + row);
      transpose(taps[tap]);
    }
    for (int r = 0; r < LANES; ++r) {
      float* target = Matrices::at(to, row + r, column);
      transformTile<FilterTransform>(
          [&](int i, int j) INLINED { return taps[3 * i + j][r]; },
          [&](int i, int j, const V& value) INLINED { store(target + (6 * i + j) * to.stride, value); });
    }
  }
}

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

CLONES void inputTiles(const Tiles& tiles, const float* images, const float* zeros, int64_t first, int64_t last,
                       int64_t row, const Matrices& to) {
  transformTiles<InputTransform>(tiles, images, zeros, first, last, row, to);
}

CLONES void inputTiles(const Tiles& tiles, const float* images, const float* zeros, int64_t first, int64_t last,
                       int64_t row, const RowGroups& to) {
  transformTiles<InputTransform>(tiles, images, zeros, first, last, row, to);
}

CLONES void gradientTiles(const Tiles& tiles, const float* images, const float* zeros, int64_t first, int64_t last,
                          int64_t row, const Matrices& to) {
  transformTiles<OutputAdjoint>(tiles, images, zeros, first, last, row, to);
}

/** Transforms rows of products to tiles of the output, with the bias, addend and ReLU that there are. */
CLONES void outputTiles(const Tiles& tiles, const Matrices& from, int64_t row, int64_t first, int64_t last,
                        const Convolution& of, float* y) {
  const int64_t columns = of.columns;
  for (int64_t tile = first; tile < last; ++tile, ++row) {
    const Tiles::Place place = tiles.place(tile);
    const int64_t rows = std::min<int64_t>(4, of.height - place.top);
    const int64_t pixels = std::min<int64_t>(4, of.width - place.left);
    const int64_t start = ((place.image * of.height + place.top) * of.width + place.left) * columns;
    for (int64_t c = 0; c < columns; c += LANES) {
      const float* source = Matrices::at(from, row, c);
      const V bias = of.bias ? load(of.bias + place.image * of.biasStep + c) : V{};
      transformTile<OutputTransform>(
          [&](int i, int j) INLINED { return load(source + (6 * i + j) * from.stride); },
          [&](int i, int j, const V& value) INLINED {
            if (i >= rows || j >= pixels) return;
            const int64_t at = start + (i * of.width + j) * columns + c;
            V sum = value + bias;
            if (of.addend) sum += load(of.addend + at);
            store(y + at, of.relu ? larger(sum, V{}) : sum);
          });
    }
  }
}

/** Some rows of a product: a group of rows of [ROWS, depth] · a panel [depth, `width`] of as many vectors. */
template <int rows, int vectors>
INLINE void multiplyTile(const float* a, const float* panel, int64_t width, int64_t depth, float* to,
                         int64_t toStride) {
  V sums[rows][vectors] = {};
  for (int64_t k = 0; k < depth; k += LANES, a += ROWS * LANES) {
    for (int lane = 0; lane < LANES; ++lane, panel += width) {
      V column[vectors];
      UNROLLED
      for (int i = 0; i < vectors; ++i) column[i] = load(panel + i * LANES);
      UNROLLED
      for (int r = 0; r < rows; ++r) {
        const float value = a[r * LANES + lane];
        UNROLLED
        for (int i = 0; i < vectors; ++i) sums[r][i] += column[i] * value;
      }
    }
  }
  UNROLLED
  for (int r = 0; r < rows; ++r) {
    UNROLLED
    for (int i = 0; i < vectors; ++i) store(to + r * toStride + i * LANES, sums[r][i]);
  }
}

template <int vectors>
INLINE void multiplyPanel(const float* a, int64_t rows, const float* panel, int64_t width, int64_t depth, float* to,
                          int64_t toStride) {
  for (int64_t row = 0; row < rows; row += ROWS, a += ROWS * depth, to += ROWS * toStride) {
    const int count = rowsOf(rows - row);
    if (count == ROWS) multiplyTile<ROWS, vectors>(a, panel, width, depth, to, toStride);
    else if (count == 8) multiplyTile<8, vectors>(a, panel, width, depth, to, toStride);
    else multiplyTile<4, vectors>(a, panel, width, depth, to, toStride);
  }
}

/** The product of one of the 36 pairs of matrices, `rows` of them. */
CLONES void multiplyPoint(const RowGroups& a, const Matrices& b, const Matrices& product, int64_t rows, int point) {
  for (int64_t column = 0; column < b.columns; column += PANEL) {
    const int64_t width = std::min(PANEL, b.columns - column);
    const float* from = a.data + point * a.stride;
    const float* panel = Matrices::at(b, 0, column) + point * b.stride;
    float* to = product.data + point * product.stride + column;
    if (width == PANEL) multiplyPanel<2>(from, rows, panel, width, a.columns, to, product.columns);
    else multiplyPanel<1>(from, rows, panel, width, a.columns, to, product.columns);
  }
}

/** The sums over `tiles` rows of some columns of a times a panel of b, added to what is there unless `fresh`. */
template <int rows, int vectors>
INLINE void contractTile(const float* a, int64_t aStride, const float* b, int64_t bStride, int64_t tiles, float* to,
                         int64_t toStride, bool fresh) {
  V sums[rows][vectors] = {};
  if (!fresh) {
    UNROLLED
    for (int r = 0; r < rows; ++r) {
      UNROLLED
      for (int i = 0; i < vectors; ++i) sums[r][i] = load(to + r * toStride + i * LANES);
    }
  }
  for (int64_t tile = 0; tile < tiles; ++tile, a += aStride, b += bStride) {
    V column[vectors];
    UNROLLED
    for (int i = 0; i < vectors; ++i) column[i] = load(b + i * LANES);
    UNROLLED
    for (int r = 0; r < rows; ++r) {
      UNROLLED
      for (int i = 0; i < vectors; ++i) sums[r][i] += column[i] * a[r];
    }
  }
  UNROLLED
  for (int r = 0; r < rows; ++r) {
    UNROLLED
    for (int i = 0; i < vectors; ++i) store(to + r * toStride + i * LANES, sums[r][i]);
  }
}

template <int vectors>
INLINE void contractRows(const float* a, int64_t aStride, int count, const float* b, int64_t bStride, int64_t tiles,
                         float* to, int64_t toStride, bool fresh) {
  if (count == 12) return contractTile<12, vectors>(a, aStride, b, bStride, tiles, to, toStride, fresh);
  if (count == 8) return contractTile<8, vectors>(a, aStride, b, bStride, tiles, to, toStride, fresh);
  contractTile<4, vectors>(a, aStride, b, bStride, tiles, to, toStride, fresh);
}

/** sums[point] = aᵀ · b of one of the 36 pairs of matrices, over `tiles` rows. */
CLONES void contractPoint(const Matrices& a, const Matrices& b, const Matrices& sums, int64_t tiles, bool fresh,
                          int point) {
  for (int64_t group = 0; group < a.columns; group += GROUP) {
    const int64_t rows = std::min(GROUP, a.columns - group);
    for (int64_t column = 0; column < b.columns; column += PANEL) {
      const int64_t width = std::min(PANEL, b.columns - column);
      const float* panel = Matrices::at(b, 0, column) + point * b.stride;
      for (int64_t row = 0, count; row < rows; row += count) {
        count = rowsOf(rows - row);
        const float* from = Matrices::at(a, 0, group + row) + point * a.stride;
        float* to = sums.data + point * sums.stride + (group + row) * sums.columns + column;
        if (width == PANEL) contractRows<2>(from, rows, count, panel, width, tiles, to, sums.columns, fresh);
        else contractRows<1>(from, rows, count, panel, width, tiles, to, sums.columns, fresh);
      }
    }
  }
}

/** A row of the taps [3, 3, rows, columns] of the 36 sums. */
CLONES void storeTaps(const Matrices& sums, int64_t row, float* filter) {
  const int64_t values = sums.rows * sums.columns;
  for (int64_t c = 0; c < sums.columns; c += LANES) {
    const float* from = sums.data + row * sums.columns + c;
    float* to = filter + row * sums.columns + c;
    transformTile<FilterAdjoint>(
        [&](int i, int j) INLINED { return load(from + (6 * i + j) * sums.stride); },
        [&](int i, int j, const V& value) INLINED { store(to + (3 * i + j) * values, value); });
  }
}

/** Nanoseconds of `rows` rows of products of a point. */
double costOf(int64_t rows, const Convolution& of) { return 1.0 * rows * of.depth * of.columns / 40; }

/** Nanoseconds of transforming a tile. */
double transformCost(int64_t channels) { return 4.0 * channels; }

}  // namespace

void convolve(const Parallel& parallel, const Convolution& of, bool backward, float* y) {
  const Tiles tiles(of);
  const int64_t depth = of.depth, columns = of.columns;
  const Buffer filterData = allocate(Matrices::floats(depth, columns)), zeros = allocate(depth);
  std::fill(zeros.get(), zeros.get() + depth, 0.0f);
  const Matrices filter(filterData.get(), depth, columns, PANEL);
  parallel(depth / LANES, 60.0 * columns, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) transformFilter(of.filter, backward, i * LANES, depth, filter);
  });
  const int64_t fit = BLOCK_FLOATS / (POINTS * (depth + columns)) / 12 * 12;
  const int64_t blockTiles = std::clamp(fit, MIN_TILES, MAX_TILES);
  const int64_t blocks = divide(tiles.count, blockTiles);
  const int64_t rows = RowGroups::padded(blocks < MANY_BLOCKS ? tiles.count : blockTiles);
  const auto inputOf = [&](const Buffer& data) { return RowGroups(data.get(), rows, depth); };
  const auto productOf = [&](const Buffer& data) { return Matrices(data.get(), rows, columns, columns); };
  if (blocks < MANY_BLOCKS) {
    const Buffer inputData = allocate(RowGroups::floats(rows, depth));
    const Buffer productData = allocate(Matrices::floats(rows, columns));
    const RowGroups input = inputOf(inputData);
    const Matrices product = productOf(productData);
    parallel(tiles.count, transformCost(depth), [&](int64_t begin, int64_t end) {
      inputTiles(tiles, of.x, zeros.get(), begin, end, begin, input);
    });
    parallel(POINTS, costOf(rows, of), [&](int64_t begin, int64_t end) {
      for (int64_t point = begin; point < end; ++point) multiplyPoint(input, filter, product, rows, point);
    });
    parallel(tiles.count, transformCost(columns), [&](int64_t begin, int64_t end) {
      outputTiles(tiles, product, begin, begin, end, of, y);
    });
    return;
  }
  parallel(blocks, POINTS * costOf(rows, of), [&](int64_t begin, int64_t end) {
    const Buffer inputData = allocate(RowGroups::floats(rows, depth));
    const Buffer productData = allocate(Matrices::floats(rows, columns));
    const RowGroups input = inputOf(inputData);
    const Matrices product = productOf(productData);
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * blockTiles, last = std::min(first + blockTiles, tiles.count);
      inputTiles(tiles, of.x, zeros.get(), first, last, 0, input);
      for (int point = 0; point < POINTS; ++point) multiplyPoint(input, filter, product, last - first, point);
      outputTiles(tiles, product, 0, first, last, of, y);
    }
  });
}

void filterGradient(const Parallel& parallel, const Convolution& of, const float* dy, float* filter) {
  const Tiles tiles(of);
  const int64_t depth = of.depth, columns = of.columns;
  const int64_t fit = std::max(MIN_GRADIENT_TILES, BLOCK_FLOATS / (POINTS * (depth + columns)));
  const int64_t blockTiles = divide(tiles.count, divide(tiles.count, fit));
  const int64_t channels = std::max(depth, columns);
  const Buffer inputData = allocate(Matrices::floats(blockTiles, depth));
  const Buffer gradientData = allocate(Matrices::floats(blockTiles, columns));
  const Buffer sumData = allocate(Matrices::floats(depth, columns)), zeros = allocate(channels);
  std::fill(zeros.get(), zeros.get() + channels, 0.0f);
  const Matrices input(inputData.get(), blockTiles, depth, GROUP);
  const Matrices gradient(gradientData.get(), blockTiles, columns, PANEL);
  const Matrices sums(sumData.get(), depth, columns, columns);
  for (int64_t first = 0; first < tiles.count; first += blockTiles) {
    const int64_t count = std::min(blockTiles, tiles.count - first);
    parallel(count, transformCost(depth + columns), [&](int64_t begin, int64_t end) {
      inputTiles(tiles, of.x, zeros.get(), first + begin, first + end, begin, input);
      gradientTiles(tiles, dy, zeros.get(), first + begin, first + end, begin, gradient);
    });
    parallel(POINTS, costOf(count, of), [&](int64_t begin, int64_t end) {
      for (int64_t point = begin; point < end; ++point) {
        contractPoint(input, gradient, sums, count, first == 0, point);
      }
    });
  }
  parallel(depth, 3.0 * columns, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) storeTaps(sums, row, filter);
  });
}

}  // namespace layers
