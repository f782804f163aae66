/*
 * Layers that TensorFlow has no fast operation of: `layerOps.cc` makes operations of these functions. All tensors are
 * float32, images [batch, pixels, channels]. What an item yields does not depend on how many threads there are.
 */
#pragma once

#include <cstdint>
#include <functional>

namespace layers {

/** Calls a function with ranges of `items`, each of which takes some `nanoseconds`, in threads where that pays. */
using Parallel = std::function<void(int64_t items, double nanoseconds, std::function<void(int64_t, int64_t)>)>;

/** Pixels of `batch` images, or one image of rows. */
struct Images {
  int64_t batch, pixels, channels;
};

struct Groups {
  int64_t count;
  float epsilon;
  /** Whether SiLU follows. */
  bool silu;
  /** Whether weight and bias are [batch, channels], else [channels]. */
  bool perSample;
};

/** Tensors of a normalisation; what is missing is null. */
struct Norm {
  const float *x, *dy, *weight, *bias;
  /** Of each group or row: results forward, read for the gradient. */
  float *mean, *deviation;
  float *y, *dWeight, *dBias;
};

/** `norm.y` becomes the result, with its statistics. */
void groupNorm(const Parallel&, const Images&, const Groups&, const Norm&);
/** `norm.y` becomes the gradient of x. */
void groupNormGradient(const Parallel&, const Images&, const Groups&, const Norm&);

/** With the statistics of all `rows` rows, and with ReLU behind it or without. */
struct BatchNorm {
  int64_t rows, channels;
  float epsilon;
  bool relu;
};

/** `norm.y` becomes the result; `norm.mean` and `norm.deviation` the mean and the biased variance of each channel. */
void batchNorm(const Parallel&, const BatchNorm&, const Norm&);
/** `norm.y` becomes the gradient of x, with mean and variance as there. */
void batchNormGradient(const Parallel&, const BatchNorm&, const Norm&);

/** [channels]: the sum over all rows. */
void channelSum(const Parallel&, int64_t rows, int64_t channels, const float* x, float* sum);

/** Over channels, each pixel alone. */
void layerNorm(const Parallel&, const Images&, float epsilon, const Norm&);
void layerNormGradient(const Parallel&, const Images&, const Norm&);

/** SiLU, exact GELU, or GELU by tanh; the numbers are also in `src/kernels/node/layers.ts`. */
enum Activation { SILU = 0, GELU = 1, GELU_TANH = 2 };

/** y = the activation of `count` values, or, where there is a dy, its gradient. */
void activate(const Parallel&, int64_t count, int kind, const float* x, const float* dy, float* y);
/** The first half of the channels times exact GELU of the second; `channels` are those of the result. */
void geglu(const Parallel&, int64_t rows, int64_t channels, const float* x, const float* dy, float* y);

/** [batch, channels]: the mean over the pixels. */
void pixelMean(const Parallel&, const Images&, const float* x, float* mean);
/** y = x plus one value a channel of each image. */
void addToPixels(const Parallel&, const Images&, const float* x, const float* shift, float* y);

/** What dropout draws: Philox4x32-10, as `src/internal/philox.ts` has it. */
struct Drops {
  uint32_t key[2], step, stream;
  /** A value is kept where the upper 24 bits of its word are at least this. */
  uint32_t threshold;
  /** What is kept is multiplied by this. */
  float scale;
};

/** y = the values of x that are kept; `mask` says which. */
void dropout(const Parallel&, int64_t count, const Drops&, const float* x, float* y, bool* mask);
/** dx = dy · scale where the mask is set, else 0. */
void dropoutGradient(const Parallel&, int64_t count, float scale, const float* dy, const bool* mask, float* dx);

/** A step of Adam, as `src/kernels/wasm/assembly/adam.ts` describes it; the order is that of its numbers. */
struct Adam {
  float beta1, rest1, beta2, rest2, rate, inverseRoot, epsilon, keep, penalty;
};

/** `first` and `second` change in place. */
void adam(const Parallel&, int64_t count, const Adam&, const float* parameters, const float* gradients, float* first,
          float* second, float* updated);

struct Attention {
  int64_t batch, heads, queries, keys;
  /** Channels of a head. */
  int64_t size, valueSize;
  float scale;
  const float *q, *k, *v;
  /** May be null. */
  const float* mask;
  /** Floats from one batch, head, query and key of the mask to the next. */
  int64_t maskStrides[4];
};

void attend(const Parallel&, const Attention&, float* y);
void attendGradient(const Parallel&, const Attention&, const float* dy, float* dq, float* dk, float* dv);

/** A convolution 3×3 with stride 1 that keeps height and width; channels are multiples of 16. */
struct Convolution {
  int64_t batch, height, width, depth, columns;
  const float *x, *filter;
  /** One value a column that is added, of an image `biasStep` behind that of the one before, or null. */
  const float* bias;
  int64_t biasStep;
  /** Images that are added, or null. */
  const float* addend;
  /** Whether max(0, ·) follows. */
  bool relu;
};

/** With a filter [3, 3, depth, columns], or, if `backward`, one [3, 3, columns, depth] whose taps are reversed. */
void convolve(const Parallel&, const Convolution&, bool backward, float* y);
/** `filter` becomes the gradient [3, 3, depth, columns] of the filter. */
void filterGradient(const Parallel&, const Convolution&, const float* dy, float* filter);

}  // namespace layers
