/*
 * Attention and its gradient, a few queries of a head at a time: more scores than those with all keys are not held.
 * Keys and values of a head are transposed first, so that vectors run along the keys.
 */
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "layers.h"
#include "vector.h"

namespace layers {
namespace {

/** Queries that are computed together, in registers. */
constexpr int ROWS = 6;
/** Vectors of keys, or channels of a result, that they meet there. */
constexpr int COLUMNS = 4;

/** An odd number of vectors, so that the rows of a matrix do not fall into the same sets of the cache. */
int64_t padded(int64_t keys) { return ((keys + LANES - 1) / LANES | 1) * LANES; }

/** [tokens, heads · size] of a head → [size, padded tokens], zeros behind them. */
CLONES void transpose(const float* from, int64_t tokens, int64_t stride, int64_t size, float* to) {
  const int64_t width = padded(tokens);
  std::fill(to, to + size * width, 0.0f);
  for (int64_t begin = 0; begin < tokens; begin += LANES) {
    const int64_t end = std::min(tokens, begin + LANES);
    for (int64_t c = 0; c < size; ++c) {
      for (int64_t i = begin; i < end; ++i) to[c * width + i] = from[i * stride + c];
    }
  }
}

/** The opposite of `transpose`. */
CLONES void transposeBack(const float* from, int64_t tokens, int64_t stride, int64_t size, float* to) {
  const int64_t width = padded(tokens);
  for (int64_t begin = 0; begin < tokens; begin += LANES) {
    const int64_t end = std::min(tokens, begin + LANES);
    for (int64_t c = 0; c < size; ++c) {
      for (int64_t i = begin; i < end; ++i) to[i * stride + c] = from[c * width + i];
    }
  }
}

/** Some vectors of products[ROWS, width] = rows[ROWS, size] · columns[size, width]. */
template <int vectors>
INLINE void multiplyVectors(const float* const* rows, const float* columns, int64_t size, int64_t width,
                            float* products) {
  V sums[ROWS][vectors] = {};
  for (int64_t c = 0; c < size; ++c) {
    V column[vectors];
    UNROLLED
    for (int i = 0; i < vectors; ++i) column[i] = load(columns + c * width + i * LANES);
    UNROLLED
    for (int r = 0; r < ROWS; ++r) {
      UNROLLED
      for (int i = 0; i < vectors; ++i) sums[r][i] += column[i] * rows[r][c];
    }
  }
  UNROLLED
  for (int r = 0; r < ROWS; ++r) {
    UNROLLED
    for (int i = 0; i < vectors; ++i) store(products + r * width + i * LANES, sums[r][i]);
  }
}

INLINE void multiply(const float* const* rows, const float* columns, int64_t size, int64_t width, float* products) {
  int64_t j = 0;
  for (; j + COLUMNS * LANES <= width; j += COLUMNS * LANES) {
    multiplyVectors<COLUMNS>(rows, columns + j, size, width, products + j);
  }
  for (; j < width; j += LANES) multiplyVectors<1>(rows, columns + j, size, width, products + j);
}

/** results[r][c] = the scalar product of weights[r] and columns[c], both of the width. */
template <int columnCount>
INLINE void contractTile(const float* weights, const float* columns, int64_t width, float* const* results, int rows,
                         const float* factors) {
  V sums[ROWS][columnCount] = {};
  for (int64_t j = 0; j < width; j += LANES) {
    V column[columnCount];
    UNROLLED
    for (int c = 0; c < columnCount; ++c) column[c] = load(columns + c * width + j);
    UNROLLED
    for (int r = 0; r < ROWS; ++r) {
      const V weight = load(weights + r * width + j);
      UNROLLED
      for (int c = 0; c < columnCount; ++c) sums[r][c] += weight * column[c];
    }
  }
  for (int r = 0; r < rows; ++r) {
    UNROLLED
    for (int c = 0; c < columnCount; ++c) results[r][c] = sum(sums[r][c]) * factors[r];
  }
}

INLINE void contract(const float* weights, const float* columns, int64_t size, int64_t width, float* const* results,
                     int rows, const float* factors) {
  float* at[ROWS];
  std::copy(results, results + ROWS, at);
  int64_t c = 0;
  for (; c + COLUMNS <= size; c += COLUMNS) {
    contractTile<COLUMNS>(weights, columns + c * width, width, at, rows, factors);
    for (float*& result : at) result += COLUMNS;
  }
  for (; c < size; ++c) {
    contractTile<1>(weights, columns + c * width, width, at, rows, factors);
    for (float*& result : at) ++result;
  }
}

/** sums[size, width] += rows[ROWS, size]ᵀ · weights[ROWS, width]. */
INLINE void accumulate(const float* const* rows, const float* weights, int64_t size, int64_t width, float* sums) {
  for (int64_t j = 0; j < width; j += LANES) {
    V weight[ROWS];
    UNROLLED
    for (int r = 0; r < ROWS; ++r) weight[r] = load(weights + r * width + j);
    for (int64_t c = 0; c < size; ++c) {
      V value = load(sums + c * width + j);
      UNROLLED
      for (int r = 0; r < ROWS; ++r) value += weight[r] * rows[r][c];
      store(sums + c * width + j, value);
    }
  }
}

/** Where a head of an image, and of it a block of queries, lies. */
struct Block {
  Block(const Attention& of, int64_t item) : batch(item / of.heads), head(item % of.heads) {}

  /** The rows of queries from `first` on in a tensor; beyond the last one, that one again. */
  template <typename Value>
  void rows(const Attention& of, Value* tensor, int64_t size, Value* (&result)[ROWS]) const {
    for (int r = 0; r < ROWS; ++r) {
      const int64_t query = std::min(first + r, of.queries - 1);
      result[r] = tensor + ((batch * of.queries + query) * of.heads + head) * size;
    }
  }
  const float* keysOf(const Attention& of, const float* tensor, int64_t size) const {
    return tensor + (batch * of.keys * of.heads + head) * size;
  }

  int64_t batch, head, first = 0;
};

/** The weights of a block before they are divided by their sum, of which `factors` become the inverse. */
INLINE void weigh(const Attention& of, const Block& block, const float* const* q, const float* keys, float* weights,
                  float* factors) {
  const int64_t width = padded(of.keys);
  const float least = -std::numeric_limits<float>::infinity();
  multiply(q, keys, of.size, width, weights);
  for (int r = 0; r < ROWS; ++r) {
    float* row = weights + r * width;
    V most = splat(least);
    const int64_t query = std::min(block.first + r, of.queries - 1);
    const int64_t* strides = of.maskStrides;
    const float* mask = of.mask + block.batch * strides[0] + block.head * strides[1] + query * strides[2];
    for (int64_t j = 0; j < width; j += LANES) {
      const int64_t lanes = std::clamp<int64_t>(of.keys - j, 0, LANES);
      V score = load(row + j) * of.scale;
      if (of.mask) score += strides[3] == 0 ? splat(*mask) : loadLanes(mask + j, lanes);
      if (lanes < LANES) {
        float own[LANES];
        store(own, score);
        score = loadPart(own, lanes, splat(least));
      }
      store(row + j, score);
      most = larger(score, most);
    }
    const V shift = splat(largest(most));
    V total = {};
    for (int64_t j = 0; j < width; j += LANES) {
      const V score = load(row + j) - shift;
      // What is too small to be normal is nothing, as is what lies behind the last key.
      const V weight = score < -87.0f ? V{} : exponential(score);
      store(row + j, weight);
      total += weight;
    }
    factors[r] = 1 / sum(total);
  }
}

CLONES void attendBlocks(const Attention& of, Block block, int64_t last, const float* keys, const float* values,
                         float* y, float* weights) {
  for (; block.first < last; block.first += ROWS) {
    const float* q[ROWS];
    float* results[ROWS];
    float factors[ROWS];
    block.rows(of, of.q, of.size, q);
    block.rows(of, y, of.valueSize, results);
    weigh(of, block, q, keys, weights, factors);
    const int rows = std::min<int64_t>(ROWS, last - block.first);
    contract(weights, values, of.valueSize, padded(of.keys), results, rows, factors);
  }
}

CLONES void gradientBlocks(const Attention& of, Block block, int64_t last, const float* keys, const float* values,
                           const float* dy, float* dq, float* dKeys, float* dValues, float* scratch) {
  const int64_t width = padded(of.keys);
  float *weights = scratch, *slopes = scratch + ROWS * width;
  for (; block.first < last; block.first += ROWS) {
    const float *q[ROWS], *dOut[ROWS];
    float* results[ROWS];
    float factors[ROWS];
    block.rows(of, of.q, of.size, q);
    block.rows(of, dy, of.valueSize, dOut);
    block.rows(of, dq, of.size, results);
    weigh(of, block, q, keys, weights, factors);
    multiply(dOut, values, of.valueSize, width, slopes);
    const int rows = std::min<int64_t>(ROWS, last - block.first);
    for (int r = 0; r < ROWS; ++r) {
      float *weight = weights + r * width, *slope = slopes + r * width;
      V mean = {};
      // What stands beyond the last query does not count.
      const float factor = r < rows ? factors[r] : 0;
      for (int64_t j = 0; j < width; j += LANES) {
        const V part = load(weight + j) * factor;
        store(weight + j, part);
        mean += part * load(slope + j);
      }
      const V shift = splat(sum(mean));
      for (int64_t j = 0; j < width; j += LANES) {
        store(slope + j, load(weight + j) * (load(slope + j) - shift) * of.scale);
      }
      factors[r] = 1;
    }
    contract(slopes, keys, of.size, width, results, rows, factors);
    accumulate(q, slopes, of.size, width, dKeys);
    accumulate(dOut, weights, of.valueSize, width, dValues);
  }
}

/** Queries that an item takes at least, and how many items a head is cut into: by the shape alone. */
int64_t partsOf(const Attention& of) {
  const int64_t heads = of.batch * of.heads;
  return std::max<int64_t>(1, std::min<int64_t>(8 / std::min<int64_t>(8, heads), of.queries / 64));
}

int64_t rowsOf(const Attention& of, int64_t parts) {
  return ((of.queries + parts - 1) / parts + ROWS - 1) / ROWS * ROWS;
}

double costOf(const Attention& of, int64_t rows, int products) {
  return 1.0 * rows * of.keys * (products * (of.size + of.valueSize) / 2 + 8) / 16;
}

}  // namespace

void attend(const Parallel& parallel, const Attention& of, float* y) {
  const int64_t parts = partsOf(of), rows = rowsOf(of, parts), width = padded(of.keys);
  parallel(of.batch * of.heads * parts, costOf(of, rows, 2), [&](int64_t begin, int64_t end) {
    std::vector<float> scratch((of.size + of.valueSize + ROWS) * width);
    float *keys = scratch.data(), *values = keys + of.size * width, *weights = values + of.valueSize * width;
    int64_t packed = -1;
    for (int64_t item = begin; item < end; ++item) {
      Block block(of, item / parts);
      if (item / parts != packed) {
        packed = item / parts;
        transpose(block.keysOf(of, of.k, of.size), of.keys, of.heads * of.size, of.size, keys);
        transpose(block.keysOf(of, of.v, of.valueSize), of.keys, of.heads * of.valueSize, of.valueSize, values);
      }
      block.first = item % parts * rows;
      attendBlocks(of, block, std::min(of.queries, block.first + rows), keys, values, y, weights);
    }
  });
}

void attendGradient(const Parallel& parallel, const Attention& of, const float* dy, float* dq, float* dk, float* dv) {
  const int64_t parts = partsOf(of), rows = rowsOf(of, parts), width = padded(of.keys);
  const int64_t heads = of.batch * of.heads, floats = (of.size + of.valueSize) * width;
  // Where heads are cut each part has sums of its own, which are added up in order.
  std::vector<float> sums(parts > 1 ? heads * parts * floats : 0);
  const auto finish = [&](const Block& block, const float* sum) {
    const int64_t offset = block.keysOf(of, of.k, of.size) - of.k;
    const int64_t valueOffset = block.keysOf(of, of.v, of.valueSize) - of.v;
    transposeBack(sum, of.keys, of.heads * of.size, of.size, dk + offset);
    transposeBack(sum + of.size * width, of.keys, of.heads * of.valueSize, of.valueSize, dv + valueOffset);
  };
  parallel(heads * parts, costOf(of, rows, 5), [&](int64_t begin, int64_t end) {
    std::vector<float> scratch(2 * floats + 2 * ROWS * width);
    float *keys = scratch.data(), *values = keys + of.size * width, *own = keys + floats;
    for (int64_t item = begin; item < end; ++item) {
      Block block(of, item / parts);
      transpose(block.keysOf(of, of.k, of.size), of.keys, of.heads * of.size, of.size, keys);
      transpose(block.keysOf(of, of.v, of.valueSize), of.keys, of.heads * of.valueSize, of.valueSize, values);
      float* sum = parts > 1 ? &sums[item * floats] : own;
      if (parts == 1) std::fill(sum, sum + floats, 0.0f);
      block.first = item % parts * rows;
      gradientBlocks(of, block, std::min(of.queries, block.first + rows), keys, values, dy, dq, sum,
                     sum + of.size * width, own + floats);
      if (parts == 1) finish(block, sum);
    }
  });
  if (parts == 1) return;
  parallel(heads, floats * parts / 8, [&](int64_t begin, int64_t end) {
    for (int64_t head = begin; head < end; ++head) {
      float* first = &sums[head * parts * floats];
      for (int64_t part = 1; part < parts; ++part) {
        for (int64_t i = 0; i < floats; ++i) first[i] += first[part * floats + i];
      }
      finish(Block(of, head), first);
    }
  });
}

}  // namespace layers
