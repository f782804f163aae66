/*
 * Convolutions 3×3 that keep height and width by products of transformed tiles of 4 × 4 pixels: a quarter of those of
 * the direct sum, which oneDNN computes.
 */
#include "winogradTiles.h"

namespace layers {
namespace {

constexpr int64_t MIN_TILES = 48, MAX_TILES = 96;
/** Blocks from which on each is computed by one thread from its input to its output. */
constexpr int64_t MANY_BLOCKS = 8;

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

CLONES void inputTiles(const Tiles& tiles, const float* images, const float* zeros, int64_t first, int64_t last,
                       int64_t row, const RowGroups& to) {
  transformTiles<InputTransform>(tiles, images, zeros, first, last, row, to);
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
            store(y + at, of.relu ? larger(V{}, sum) : sum);
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
  const auto inputOf = [&](float* data) { return RowGroups(data, rows, depth); };
  const auto productOf = [&](float* data) { return Matrices(data, rows, columns, columns); };
  if (blocks < MANY_BLOCKS) {
    const Buffer inputData = allocate(RowGroups::floats(rows, depth));
    const Buffer productData = allocate(Matrices::floats(rows, columns));
    const RowGroups input = inputOf(inputData.get());
    const Matrices product = productOf(productData.get());
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
    float* data = scratch(RowGroups::floats(rows, depth) + Matrices::floats(rows, columns));
    const RowGroups input = inputOf(data);
    const Matrices product = productOf(data + RowGroups::floats(rows, depth));
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * blockTiles, last = std::min(first + blockTiles, tiles.count);
      inputTiles(tiles, of.x, zeros.get(), first, last, 0, input);
      for (int point = 0; point < POINTS; ++point) multiplyPoint(input, filter, product, last - first, point);
      outputTiles(tiles, product, 0, first, last, of, y);
    }
  });
}

}  // namespace layers
