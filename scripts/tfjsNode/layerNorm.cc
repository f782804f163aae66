/* Layer norm over the channels of each pixel, and its gradient. */
#include <cmath>

#include "pattern.h"

namespace layers {
namespace {

/** Calls `body(i, lanes)` for each vector of a row. */
template <typename Body>
INLINE void along(int64_t channels, Body body) {
  for (int64_t i = 0; i < channels; i += LANES) body(i, std::min<int64_t>(LANES, channels - i));
}

CLONES void normalizeRows(int64_t begin, int64_t end, int64_t channels, float epsilon, const Norm& norm) {
  for (int64_t row = begin; row < end; ++row) {
    const float* x = norm.x + row * channels;
    float* y = norm.y + row * channels;
    V total = {}, squares = {};
    along(channels, [&](int64_t i, int64_t lanes) INLINED { total += loadLanes(x + i, lanes); });
    const float mean = sum(total) / channels;
    const V means = splat(mean);
    along(channels, [&](int64_t i, int64_t lanes) INLINED {
      const V centred = (lanes == LANES ? load(x + i) : loadPart(x + i, lanes, means)) - means;
      squares += centred * centred;
    });
    const float deviation = 1 / std::sqrt(sum(squares) / channels + epsilon);
    norm.mean[row] = mean;
    norm.deviation[row] = deviation;
    along(channels, [&](int64_t i, int64_t lanes) INLINED {
      V value = (loadLanes(x + i, lanes) - means) * deviation;
      if (norm.weight) value *= loadLanes(norm.weight + i, lanes);
      if (norm.bias) value += loadLanes(norm.bias + i, lanes);
      storeLanes(y + i, value, lanes);
    });
  }
}

/** The gradient of x, and what the rows give to those of the parameters: [2, channels]. */
CLONES void rowGradients(int64_t begin, int64_t end, int64_t channels, const Norm& norm, float* dWeight) {
  for (int64_t row = begin; row < end; ++row) {
    const float *x = norm.x + row * channels, *dy = norm.dy + row * channels;
    float* dx = norm.y + row * channels;
    const float mean = norm.mean[row], deviation = norm.deviation[row];
    V total = {}, products = {};
    const auto scaled = [&](int64_t i, int64_t lanes) INLINED {
      const V d = loadLanes(dy + i, lanes);
      return norm.weight ? d * loadLanes(norm.weight + i, lanes) : d;
    };
    along(channels, [&](int64_t i, int64_t lanes) INLINED {
      const V d = scaled(i, lanes), normal = (loadLanes(x + i, lanes) - mean) * deviation;
      total += d;
      products += d * normal;
      if (dWeight == nullptr) return;
      const V dOut = loadLanes(dy + i, lanes);
      storeLanes(dWeight + i, loadLanes(dWeight + i, lanes) + dOut * normal, lanes);
      storeLanes(dWeight + channels + i, loadLanes(dWeight + channels + i, lanes) + dOut, lanes);
    });
    const float shift = sum(total) / channels, slope = sum(products) / channels;
    along(channels, [&](int64_t i, int64_t lanes) INLINED {
      const V normal = (loadLanes(x + i, lanes) - mean) * deviation;
      storeLanes(dx + i, deviation * (scaled(i, lanes) - shift - normal * slope), lanes);
    });
  }
}

}  // namespace

void layerNorm(const Parallel& parallel, const Images& images, float epsilon, const Norm& norm) {
  parallel(images.batch * images.pixels, images.channels / 4 + 10, [&](int64_t begin, int64_t end) {
    normalizeRows(begin, end, images.channels, epsilon, norm);
  });
}

void layerNormGradient(const Parallel& parallel, const Images& images, const Norm& norm) {
  const int64_t rows = images.batch * images.pixels, channels = images.channels;
  const int64_t size = std::max<int64_t>(1, CHUNK / channels), count = (rows + size - 1) / size;
  std::vector<float> partials(norm.weight ? count * 2 * channels : 0);
  parallel(count, CHUNK / 2, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      float* sums = norm.weight ? &partials[chunk * 2 * channels] : nullptr;
      rowGradients(chunk * size, std::min(rows, (chunk + 1) * size), channels, norm, sums);
    }
  });
  if (norm.weight == nullptr) return;
  for (int64_t c = 0; c < channels; ++c) {
    double dWeight = 0, dBias = 0;
    for (int64_t chunk = 0; chunk < count; ++chunk) {
      dWeight += partials[chunk * 2 * channels + c];
      dBias += partials[(chunk * 2 + 1) * channels + c];
    }
    norm.dWeight[c] = dWeight;
    norm.dBias[c] = dBias;
  }
}

}  // namespace layers
