/* Group norm, with SiLU or without, and its gradient. */
#include <cmath>

#include "pattern.h"

namespace layers {
namespace {

/** What a channel of an image becomes: x · scale + shift, and what its gradient takes. */
struct Affine {
  explicit Affine(int64_t floats) : scale(floats), shift(floats), mean(floats), slope(floats), offset(floats) {}
  std::vector<float> scale, shift, mean, slope, offset;
};

INLINE V siluSlope(V x) {
  const V share = sigmoid(x);
  return share * (x * (1.0f - share)) + share;
}

/** Of each channel of a piece the mean, and the sum of squares around it. */
CLONES void sumPiece(const float* x, const Piece& piece, int64_t width, int64_t channels, float* result) {
  std::vector<float> means(width), sums(width);
  alongPattern(piece.floats, width, [&](int64_t i, int64_t p, int64_t lanes) INLINED {
    store(&sums[p], load(&sums[p]) + loadLanes(x + i, lanes));
  });
  foldPattern(sums.data(), width, result, channels);
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

CLONES void applyPiece(const float* x, float* y, int64_t floats, int64_t width, bool silu, const float* scale,
                       const float* shift) {
  alongPattern(floats, width, [&](int64_t i, int64_t p, int64_t lanes) INLINED {
    const V z = loadLanes(x + i, lanes) * load(scale + p) + load(shift + p);
    storeLanes(y + i, silu ? z * sigmoid(z) : z, lanes);
  });
}

/** Of each channel of a piece the sum of the gradient behind the norm, and of its product with x around the mean. */
CLONES void sumGradients(const float* x, const float* dy, const Piece& piece, int64_t width, bool silu,
                         const Affine& at, int64_t channels, float* result) {
  std::vector<float> sums(width), products(width);
  alongPattern(piece.floats, width, [&](int64_t i, int64_t p, int64_t lanes) INLINED {
    const V value = loadLanes(x + i, lanes);
    V dz = loadLanes(dy + i, lanes);
    if (silu) dz *= siluSlope(value * load(&at.scale[p]) + load(&at.shift[p]));
    store(&sums[p], load(&sums[p]) + dz);
    store(&products[p], load(&products[p]) + dz * (value - load(&at.mean[p])));
  });
  foldPattern(sums.data(), width, result, channels);
  foldPattern(products.data(), width, result + channels, channels);
}

CLONES void applyGradient(const float* x, const float* dy, float* dx, int64_t floats, int64_t width, bool silu,
                          const Affine& at) {
  alongPattern(floats, width, [&](int64_t i, int64_t p, int64_t lanes) INLINED {
    const V value = loadLanes(x + i, lanes), scale = load(&at.scale[p]);
    V dz = loadLanes(dy + i, lanes);
    if (silu) dz *= siluSlope(value * scale + load(&at.shift[p]));
    storeLanes(dx + i, dz * scale - (value * load(&at.slope[p]) + load(&at.offset[p])), lanes);
  });
}

/** Scale, shift and mean of each channel of an image. */
void findAffine(const Images& images, const Groups& groups, const Norm& norm, int64_t image, Affine& at) {
  const int64_t channels = images.channels, size = channels / groups.count;
  const int64_t first = groups.perSample ? image * channels : 0;
  for (int64_t c = 0; c < channels; ++c) {
    const int64_t group = image * groups.count + c / size;
    at.scale[c] = norm.weight[first + c] * norm.deviation[group];
    at.mean[c] = norm.mean[group];
    at.shift[c] = norm.bias[first + c] - at.mean[c] * at.scale[c];
  }
}

/** Repeats the first `channels` values to the width. */
void spread(std::vector<float>& values, int64_t channels, int64_t width) {
  for (int64_t i = channels; i < width; ++i) values[i] = values[i - channels];
}

}  // namespace

void groupNorm(const Parallel& parallel, const Images& images, const Groups& groups, const Norm& norm) {
  const Chunks chunks(images);
  const int64_t channels = images.channels, items = images.batch * chunks.count;
  const int64_t size = channels / groups.count;
  std::vector<float> partials(items * 2 * channels);
  parallel(items, CHUNK / 8, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const Piece piece(images, chunks, item);
      sumPiece(norm.x + piece.offset, piece, chunks.width, channels, &partials[item * 2 * channels]);
    }
  });
  for (int64_t group = 0; group < images.batch * groups.count; ++group) {
    const int64_t image = group / groups.count, first = group % groups.count * size;
    double total = 0, squares = 0;
    const auto each = [&](auto body) {
      for (int64_t item = image * chunks.count; item < (image + 1) * chunks.count; ++item) {
        const double rows = Piece(images, chunks, item).rows;
        const float* partial = &partials[item * 2 * channels];
        for (int64_t c = first; c < first + size; ++c) body(rows, partial[c], partial[channels + c]);
      }
    };
    each([&](double rows, double mean, double) { total += rows * mean; });
    const double mean = total / (images.pixels * size);
    each([&](double rows, double own, double around) { squares += around + rows * (own - mean) * (own - mean); });
    norm.mean[group] = mean;
    norm.deviation[group] = 1 / std::sqrt(squares / (images.pixels * size) + groups.epsilon);
  }
  std::vector<Affine> affine(images.batch, Affine(chunks.width));
  for (int64_t image = 0; image < images.batch; ++image) {
    findAffine(images, groups, norm, image, affine[image]);
    spread(affine[image].scale, channels, chunks.width);
    spread(affine[image].shift, channels, chunks.width);
  }
  parallel(items, CHUNK / (groups.silu ? 2 : 4), [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const Piece piece(images, chunks, item);
      const Affine& at = affine[piece.image];
      applyPiece(norm.x + piece.offset, norm.y + piece.offset, piece.floats, chunks.width, groups.silu,
                 at.scale.data(), at.shift.data());
    }
  });
}

void groupNormGradient(const Parallel& parallel, const Images& images, const Groups& groups, const Norm& norm) {
  const Chunks chunks(images);
  const int64_t channels = images.channels, items = images.batch * chunks.count;
  const int64_t size = channels / groups.count, width = chunks.width;
  std::vector<Affine> affine(images.batch, Affine(width));
  for (int64_t image = 0; image < images.batch; ++image) {
    Affine& at = affine[image];
    findAffine(images, groups, norm, image, at);
    for (auto* values : {&at.scale, &at.shift, &at.mean}) spread(*values, channels, width);
  }
  std::vector<float> partials(items * 2 * channels);
  parallel(items, CHUNK / 2, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const Piece piece(images, chunks, item);
      sumGradients(norm.x + piece.offset, norm.dy + piece.offset, piece, width, groups.silu, affine[piece.image],
                   channels, &partials[item * 2 * channels]);
    }
  });
  const int64_t parameters = groups.perSample ? images.batch * channels : channels;
  std::vector<double> dWeight(parameters), dBias(parameters);
  for (int64_t image = 0; image < images.batch; ++image) {
    Affine& at = affine[image];
    const int64_t row = groups.perSample ? image * channels : 0;
    for (int64_t group = 0; group < groups.count; ++group) {
      const double deviation = norm.deviation[image * groups.count + group];
      double shiftSum = 0, scaleSum = 0;
      for (int64_t c = group * size; c < (group + 1) * size; ++c) {
        double shift = 0, scale = 0;
        for (int64_t item = image * chunks.count; item < (image + 1) * chunks.count; ++item) {
          shift += partials[item * 2 * channels + c];
          scale += partials[item * 2 * channels + channels + c];
        }
        dBias[row + c] += shift;
        dWeight[row + c] += scale * deviation;
        shiftSum += shift * norm.weight[row + c];
        scaleSum += scale * deviation * norm.weight[row + c];
      }
      const double values = images.pixels * size;
      const double slope = deviation * deviation * scaleSum / values;
      for (int64_t c = group * size; c < (group + 1) * size; ++c) {
        at.slope[c] = slope;
        at.offset[c] = deviation * shiftSum / values - at.mean[c] * slope;
      }
    }
    spread(at.slope, channels, width);
    spread(at.offset, channels, width);
  }
  std::copy(dWeight.begin(), dWeight.end(), norm.dWeight);
  std::copy(dBias.begin(), dBias.end(), norm.dBias);
  parallel(items, CHUNK / 2, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const Piece piece(images, chunks, item);
      applyGradient(norm.x + piece.offset, norm.dy + piece.offset, norm.y + piece.offset, piece.floats, width,
                    groups.silu, affine[piece.image]);
    }
  });
}

}  // namespace layers
