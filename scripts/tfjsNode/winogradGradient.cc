/*
 * The gradient of the filter of a convolution 3×3 by the adjoint of Winograd's algorithm: products of the transformed
 * tiles of the input and of the output's gradient, added up over all tiles.
 */
#include "winogradTiles.h"

namespace layers {
namespace {

/** Channels of a group of the input: they lie side by side, so that no two rows share a set of the cache. */
constexpr int64_t GROUP = 48;
constexpr int64_t MIN_TILES = 96;
/** Parts of the tiles whose sums are apart, at most, the tiles of one at least, and the values of a tap up to which. */
constexpr int64_t MAX_PARTS = 8, PART_TILES = 128, PART_VALUES = 128 * 64;

CLONES void inputTiles(const Tiles& tiles, const float* images, const float* zeros, int64_t first, int64_t last,
                       int64_t row, const Matrices& to) {
  transformTiles<InputTransform>(tiles, images, zeros, first, last, row, to);
}

CLONES void gradientTiles(const Tiles& tiles, const float* images, const float* zeros, int64_t first, int64_t last,
                          int64_t row, const Matrices& to) {
  transformTiles<OutputAdjoint>(tiles, images, zeros, first, last, row, to);
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

/** A row of the taps [3, 3, rows, columns] of the 36 sums, which are added up from parts that are so far apart. */
CLONES void storeTaps(const Matrices& sums, int64_t parts, int64_t apart, int64_t row, float* filter) {
  const int64_t values = sums.rows * sums.columns;
  for (int64_t c = 0; c < sums.columns; c += LANES) {
    const float* from = sums.data + row * sums.columns + c;
    float* to = filter + row * sums.columns + c;
    transformTile<FilterAdjoint>(
        [&](int i, int j) INLINED {
          const float* sum = from + (6 * i + j) * sums.stride;
          V value = load(sum);
          for (int64_t part = 1; part < parts; ++part) value += load(sum + part * apart);
          return value;
        },
        [&](int i, int j, const V& value) INLINED { store(to + (3 * i + j) * values, value); });
  }
}

}  // namespace

void filterGradient(const Parallel& parallel, const Convolution& of, const float* dy, float* filter) {
  const Tiles tiles(of);
  const int64_t depth = of.depth, columns = of.columns, channels = std::max(depth, columns);
  const bool few = depth * columns <= PART_VALUES;
  const int64_t parts = few ? std::clamp<int64_t>(tiles.count / PART_TILES, 1, MAX_PARTS) : 1;
  const int64_t partTiles = divide(tiles.count, parts);
  const int64_t fit = std::max(MIN_TILES, BLOCK_FLOATS / (POINTS * (depth + columns)));
  const int64_t blockTiles = divide(partTiles, divide(partTiles, fit));
  const int64_t sumFloats = Matrices::floats(depth, columns), inputFloats = Matrices::floats(blockTiles, depth);
  const Buffer sumData = allocate(parts * sumFloats), zeros = allocate(channels);
  std::fill(zeros.get(), zeros.get() + channels, 0.0f);
  const auto sumsOf = [&](int64_t part) { return Matrices(sumData.get() + part * sumFloats, depth, columns, columns); };
  // A part is one thread's; where there is but one, each block is divided.
  const auto addBlocks = [&](const Parallel& inBlock, int64_t part, float* data) {
    const Matrices input(data, blockTiles, depth, GROUP);
    const Matrices gradient(data + inputFloats, blockTiles, columns, PANEL);
    const Matrices sums = sumsOf(part);
    const int64_t start = part * partTiles, last = std::min(start + partTiles, tiles.count);
    for (int64_t first = start; first < last; first += blockTiles) {
      const int64_t count = std::min(blockTiles, last - first);
      inBlock(count, transformCost(depth + columns), [&](int64_t begin, int64_t end) {
        inputTiles(tiles, of.x, zeros.get(), first + begin, first + end, begin, input);
        gradientTiles(tiles, dy, zeros.get(), first + begin, first + end, begin, gradient);
      });
      inBlock(POINTS, costOf(count, of), [&](int64_t begin, int64_t end) {
        for (int64_t point = begin; point < end; ++point) {
          contractPoint(input, gradient, sums, count, first == start, point);
        }
      });
    }
  };
  const int64_t blockFloats = inputFloats + Matrices::floats(blockTiles, columns);
  if (parts == 1) {
    addBlocks(parallel, 0, allocate(blockFloats).get());
  } else {
    const Parallel alone = [](int64_t items, double, const std::function<void(int64_t, int64_t)>& body) {
      body(0, items);
    };
    parallel(parts, POINTS * costOf(partTiles, of), [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) addBlocks(alone, part, scratch(blockFloats));
    });
  }
  parallel(depth, 3.0 * columns * parts, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) storeTaps(sumsOf(0), parts, sumFloats, row, filter);
  });
}

}  // namespace layers
