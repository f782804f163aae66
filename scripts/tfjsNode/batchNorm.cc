/* Batch norm by the statistics of the batch, with ReLU or without, and its gradient. */
#include <cmath>

#include "normPieces.h"

namespace layers {
namespace {

/** The rows as one image, and what its channels become. */
struct Whole {
  Whole(const BatchNorm& batch, const Norm& norm)
      : images{1, batch.rows, batch.channels},
        chunks(images),
        then(batch.relu ? Then::RELU : Then::NOTHING),
        at(chunks.width),
        partials(chunks.count * 2 * batch.channels),
        norm(norm) {}

  /** Calls `body` with each piece, and the place of its two sums a channel. */
  template <typename Body>
  void each(const Parallel& parallel, double nanoseconds, Body body) {
    parallel(chunks.count, nanoseconds, [&](int64_t begin, int64_t end) {
      for (int64_t item = begin; item < end; ++item) {
        body(Piece(images, chunks, item), &partials[item * 2 * images.channels]);
      }
    });
  }

  /** 1 / √(variance + ε) of a channel, whose scale, shift and mean it sets. */
  double findAffine(int64_t c, float epsilon) {
    const double inverse = 1 / std::sqrt((double)norm.deviation[c] + epsilon);
    const double scale = norm.weight[c] * inverse;
    at.scale[c] = scale;
    at.shift[c] = norm.bias[c] - norm.mean[c] * scale;
    at.mean[c] = norm.mean[c];
    return inverse;
  }

  void spreadAll() {
    for (auto* values : {&at.scale, &at.shift, &at.mean, &at.slope, &at.offset}) {
      spread(*values, images.channels, chunks.width);
    }
  }

  const Images images;
  const Chunks chunks;
  const Then then;
  Affine at;
  std::vector<float> partials;
  const Norm& norm;
};

}  // namespace

void batchNorm(const Parallel& parallel, const BatchNorm& batch, const Norm& norm) {
  Whole whole(batch, norm);
  const int64_t channels = batch.channels, width = whole.chunks.width;
  whole.each(parallel, CHUNK / 8, [&](const Piece& piece, float* sums) {
    sumPiece(norm.x + piece.offset, piece, width, channels, sums);
  });
  // Chan et al., "Updating formulae and a pairwise algorithm for computing sample variances" (1979).
  for (int64_t c = 0; c < channels; ++c) {
    const float* partial = &whole.partials[c];
    double total = 0, squares = 0;
    for (int64_t i = 0; i < whole.chunks.count; ++i) {
      total += (double)partial[2 * i * channels] * Piece(whole.images, whole.chunks, i).rows;
    }
    const double mean = total / batch.rows;
    for (int64_t i = 0; i < whole.chunks.count; ++i) {
      const double apart = partial[2 * i * channels] - mean;
      squares += partial[(2 * i + 1) * channels] + apart * apart * Piece(whole.images, whole.chunks, i).rows;
    }
    norm.mean[c] = mean;
    norm.deviation[c] = squares / batch.rows;
    whole.findAffine(c, batch.epsilon);
  }
  whole.spreadAll();
  whole.each(parallel, CHUNK / 8, [&](const Piece& piece, float*) {
    applyPiece(norm.x + piece.offset, norm.y + piece.offset, piece.floats, width, whole.then, whole.at);
  });
}

void batchNormGradient(const Parallel& parallel, const BatchNorm& batch, const Norm& norm) {
  Whole whole(batch, norm);
  Affine& at = whole.at;
  const int64_t channels = batch.channels, width = whole.chunks.width;
  std::vector<double> inverses(channels);
  for (int64_t c = 0; c < channels; ++c) inverses[c] = whole.findAffine(c, batch.epsilon);
  whole.spreadAll();
  whole.each(parallel, CHUNK / 4, [&](const Piece& piece, float* sums) {
    sumGradients(norm.x + piece.offset, norm.dy + piece.offset, piece, width, whole.then, at, channels, sums);
  });
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0, products = 0;
    for (int64_t i = 0; i < whole.chunks.count; ++i) {
      sum += whole.partials[2 * i * channels + c];
      products += whole.partials[(2 * i + 1) * channels + c];
    }
    norm.dBias[c] = sum;
    norm.dWeight[c] = products * inverses[c];
    const double scale = norm.weight[c] * inverses[c];
    const double slope = scale * inverses[c] * inverses[c] * products / batch.rows;
    at.slope[c] = slope;
    at.offset[c] = scale * sum / batch.rows - norm.mean[c] * slope;
  }
  whole.spreadAll();
  whole.each(parallel, CHUNK / 4, [&](const Piece& piece, float*) {
    const int64_t i = piece.offset;
    applyGradient(norm.x + i, norm.dy + i, norm.y + i, piece.floats, width, whole.then, at);
  });
}

void channelSum(const Parallel& parallel, int64_t rows, int64_t channels, const float* x, float* sum) {
  const Images images{1, rows, channels};
  const Chunks chunks(images);
  std::vector<float> partials(chunks.count * channels);
  parallel(chunks.count, CHUNK / 16, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const Piece piece(images, chunks, item);
      addPiece(x + piece.offset, piece, chunks.width, channels, &partials[item * channels]);
    }
  });
  for (int64_t c = 0; c < channels; ++c) {
    double total = 0;
    for (int64_t item = 0; item < chunks.count; ++item) total += partials[item * channels + c];
    sum[c] = total;
  }
}

}  // namespace layers
