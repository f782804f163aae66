/*
 * What group norm and batch norm do to a piece of an image: its statistics, and what each channel becomes.
 */
#pragma once

#include <vector>

#include "pattern.h"

namespace layers {

/** What follows a norm in the same pass. */
enum class Then { NOTHING, SILU, RELU };

/** What a channel becomes: x · scale + shift, and what its gradient takes. */
struct Affine {
  explicit Affine(int64_t floats) : scale(floats), shift(floats), mean(floats), slope(floats), offset(floats) {}
  std::vector<float> scale, shift, mean, slope, offset;
};

/** Repeats the first `channels` values to the width. */
inline void spread(std::vector<float>& values, int64_t channels, int64_t width) {
  for (int64_t i = channels; i < width; ++i) values[i] = values[i - channels];
}

/** Of each channel of a piece the sum. */
void addPiece(const float* x, const Piece& piece, int64_t width, int64_t channels, float* result);

/** Of each channel of a piece the mean, and the sum of squares around it. */
void sumPiece(const float* x, const Piece& piece, int64_t width, int64_t channels, float* result);

/** y = x · scale + shift, and what follows. */
void applyPiece(const float* x, float* y, int64_t floats, int64_t width, Then then, const Affine& at);

/** Of each channel of a piece the sum of the gradient behind the norm, and of its product with x around the mean. */
void sumGradients(const float* x, const float* dy, const Piece& piece, int64_t width, Then then, const Affine& at,
                  int64_t channels, float* result);

/** dx = the gradient behind the norm · scale - (x · slope + offset). */
void applyGradient(const float* x, const float* dy, float* dx, int64_t floats, int64_t width, Then then,
                   const Affine& at);

}  // namespace layers
