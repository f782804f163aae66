/* Group norm, with SiLU or without, and its gradient. */
#include <cmath>

#include "normPieces.h"

namespace layers {
namespace {

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

}  // namespace

void groupNorm(const Parallel& parallel, const Images& images, const Groups& groups, const Norm& norm) {
  const Chunks chunks(images);
  const int64_t channels = images.channels, items = images.batch * chunks.count;
  const int64_t size = channels / groups.count;
  const Then then = groups.silu ? Then::SILU : Then::NOTHING;
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
      applyPiece(norm.x + piece.offset, norm.y + piece.offset, piece.floats, chunks.width, then, affine[piece.image]);
    }
  });
}

void groupNormGradient(const Parallel& parallel, const Images& images, const Groups& groups, const Norm& norm) {
  const Chunks chunks(images);
  const int64_t channels = images.channels, items = images.batch * chunks.count;
  const int64_t size = channels / groups.count, width = chunks.width;
  const Then then = groups.silu ? Then::SILU : Then::NOTHING;
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
      sumGradients(norm.x + piece.offset, norm.dy + piece.offset, piece, width, then, affine[piece.image],
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
                    then, affine[piece.image]);
    }
  });
}

}  // namespace layers
