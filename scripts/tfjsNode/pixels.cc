/* What has one value a channel of an image beside it. */
#include "pattern.h"

namespace layers {
namespace {

CLONES void sumPixels(const float* x, int64_t floats, int64_t width, float* sums) {
  alongPattern(floats, width, [&](int64_t i, int64_t p, int64_t lanes) INLINED {
    store(sums + p, load(sums + p) + loadLanes(x + i, lanes));
  });
}

CLONES void addPattern(const float* x, float* y, int64_t floats, int64_t width, const float* shift) {
  alongPattern(floats, width, [&](int64_t i, int64_t p, int64_t lanes) INLINED {
    storeLanes(y + i, loadLanes(x + i, lanes) + load(shift + p), lanes);
  });
}

}  // namespace

void pixelMean(const Parallel& parallel, const Images& images, const float* x, float* mean) {
  const Chunks chunks(images);
  const int64_t channels = images.channels, items = images.batch * chunks.count;
  std::vector<float> partials(items * channels);
  parallel(items, CHUNK / 8, [&](int64_t begin, int64_t end) {
    std::vector<float> sums(chunks.width);
    for (int64_t item = begin; item < end; ++item) {
      const Piece piece(images, chunks, item);
      std::fill(sums.begin(), sums.end(), 0.0f);
      sumPixels(x + piece.offset, piece.floats, chunks.width, sums.data());
      foldPattern(sums.data(), chunks.width, &partials[item * channels], channels);
    }
  });
  for (int64_t i = 0; i < images.batch * channels; ++i) {
    double total = 0;
    for (int64_t chunk = 0; chunk < chunks.count; ++chunk) {
      total += partials[(i / channels * chunks.count + chunk) * channels + i % channels];
    }
    mean[i] = total / images.pixels;
  }
}

void addToPixels(const Parallel& parallel, const Images& images, const float* x, const float* shift, float* y) {
  const Chunks chunks(images);
  parallel(images.batch * chunks.count, CHUNK / 4, [&](int64_t begin, int64_t end) {
    std::vector<float> pattern(chunks.width);
    for (int64_t item = begin; item < end; ++item) {
      const Piece piece(images, chunks, item);
      fillPattern(pattern.data(), chunks.width, shift + piece.image * images.channels, images.channels);
      addPattern(x + piece.offset, y + piece.offset, piece.floats, chunks.width, pattern.data());
    }
  });
}

}  // namespace layers
