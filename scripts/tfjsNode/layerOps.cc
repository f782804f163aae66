/*
 * The functions of `layers.h` as operations of TensorFlow: `setup:tfjs-node` compiles them into the addon, and
 * `src/kernels/node/layers.ts` calls them. TensorFlow has no operation for some of them, and composes others of steps
 * over the whole of memory each.
 */
#include "operation.h"

namespace {

using layers::Attributes;
using layers::Call;
using tensorflow::TensorShape;

void groupNorm(const Call& call, const Attributes& with) {
  const layers::Images images = call.images(0);
  const layers::Groups groups{with.groups, with.epsilon, with.silu, call.input(1).dims() == 2};
  layers::Norm norm{call.floats(0), nullptr, call.floats(1), call.floats(2)};
  norm.y = call.resultLike(0, 0);
  norm.mean = call.result(1, {images.batch, with.groups});
  norm.deviation = call.result(2, {images.batch, with.groups});
  if (call.ok()) layers::groupNorm(call.parallel(), images, groups, norm);
}

void groupNormGradient(const Call& call, const Attributes& with) {
  const layers::Images images = call.images(0);
  const layers::Groups groups{with.groups, with.epsilon, with.silu, call.input(4).dims() == 2};
  layers::Norm norm{call.floats(0), call.floats(1), call.floats(4), call.floats(5)};
  norm.mean = const_cast<float*>(call.floats(2));
  norm.deviation = const_cast<float*>(call.floats(3));
  norm.y = call.resultLike(0, 0);
  norm.dWeight = call.resultLike(1, 4);
  norm.dBias = call.resultLike(2, 5);
  if (call.ok()) layers::groupNormGradient(call.parallel(), images, groups, norm);
}

void layerNorm(const Call& call, const Attributes& with) {
  const layers::Images images = call.images(0);
  layers::Norm norm{call.floats(0), nullptr, call.floats(1), call.floats(2)};
  norm.y = call.resultLike(0, 0);
  norm.mean = call.result(1, {images.batch * images.pixels});
  norm.deviation = call.result(2, {images.batch * images.pixels});
  if (call.ok()) layers::layerNorm(call.parallel(), images, with.epsilon, norm);
}

void layerNormGradient(const Call& call, const Attributes&) {
  layers::Norm norm{call.floats(0), call.floats(1), call.floats(4), nullptr};
  norm.mean = const_cast<float*>(call.floats(2));
  norm.deviation = const_cast<float*>(call.floats(3));
  norm.y = call.resultLike(0, 0);
  norm.dWeight = call.resultLike(1, 4);
  norm.dBias = call.resultLike(2, 4);
  if (call.ok()) layers::layerNormGradient(call.parallel(), call.images(0), norm);
}

void activate(const Call& call, const Attributes& with) {
  float* y = call.resultLike(0, 0);
  if (!call.ok()) return;
  layers::activate(call.parallel(), call.input(0).NumElements(), with.kind, call.floats(0), nullptr, y);
}

void activateGradient(const Call& call, const Attributes& with) {
  float* dx = call.resultLike(0, 0);
  if (!call.ok()) return;
  layers::activate(call.parallel(), call.input(0).NumElements(), with.kind, call.floats(0), call.floats(1), dx);
}

void geglu(const Call& call, const Attributes&) {
  TensorShape shape = call.input(0).shape();
  const int64_t channels = call.side(0, -1) / 2;
  shape.set_dim(shape.dims() - 1, channels);
  float* y = call.result(0, shape);
  if (call.ok()) layers::geglu(call.parallel(), shape.num_elements() / channels, channels, call.floats(0), nullptr, y);
}

void gegluGradient(const Call& call, const Attributes&) {
  float* dx = call.resultLike(0, 0);
  const int64_t channels = call.side(1, -1), rows = call.input(1).NumElements() / channels;
  if (call.ok()) layers::geglu(call.parallel(), rows, channels, call.floats(0), call.floats(1), dx);
}

void pixelMean(const Call& call, const Attributes&) {
  const layers::Images images = call.images(0);
  float* mean = call.result(0, {images.batch, 1, 1, images.channels});
  if (call.ok()) layers::pixelMean(call.parallel(), images, call.floats(0), mean);
}

void addToPixels(const Call& call, const Attributes&) {
  float* y = call.resultLike(0, 0);
  if (call.ok()) layers::addToPixels(call.parallel(), call.images(0), call.floats(0), call.floats(1), y);
}

/** From inputs q, k, v and mask, the first of which is number `first`. */
layers::Attention attentionOf(const Call& call, const Attributes& with, int first) {
  layers::Attention of{call.side(first, 0), with.heads, call.side(first, 1), call.side(first + 1, 1)};
  of.size = call.side(first, 2) / with.heads;
  of.valueSize = call.side(first + 2, 2) / with.heads;
  of.scale = with.scale;
  of.q = call.floats(first);
  of.k = call.floats(first + 1);
  of.v = call.floats(first + 2);
  of.mask = call.floats(first + 3);
  int64_t stride = 1;
  for (int axis = 3; of.mask && axis >= 0; --axis) {
    const int64_t side = call.side(first + 3, axis);
    of.maskStrides[axis] = side == 1 ? 0 : stride;
    stride *= side;
  }
  return of;
}

void attend(const Call& call, const Attributes& with) {
  float* y = call.result(0, {call.side(0, 0), call.side(0, 1), call.side(2, 2)});
  if (call.ok()) layers::attend(call.parallel(), attentionOf(call, with, 0), y);
}

void attendGradient(const Call& call, const Attributes& with) {
  float *dq = call.resultLike(0, 1), *dk = call.resultLike(1, 2), *dv = call.resultLike(2, 3);
  if (call.ok()) {
    layers::attendGradient(call.parallel(), attentionOf(call, with, 1), call.floats(0), dq, dk, dv);
  }
}

void convolve(const Call& call, const Attributes& with) {
  TensorShape shape = call.input(0).shape();
  shape.set_dim(3, call.side(1, with.backward ? 2 : 3));
  layers::Convolution of{call.side(0, 0), call.side(0, 1), call.side(0, 2), call.side(0, 3), shape.dim_size(3)};
  of.x = call.floats(0);
  of.filter = call.floats(1);
  of.bias = call.floats(2);
  of.biasStep = call.input(2).dims() == 2 ? of.columns : 0;
  of.addend = call.floats(3);
  of.relu = with.relu;
  float* y = call.result(0, shape);
  if (call.ok()) layers::convolve(call.parallel(), of, with.backward, y);
}

void filterGradient(const Call& call, const Attributes&) {
  const layers::Convolution of{call.side(0, 0), call.side(0, 1), call.side(0, 2), call.side(0, 3), call.side(1, 3),
                               call.floats(0)};
  float* filter = call.result(0, {3, 3, of.depth, of.columns});
  if (call.ok()) layers::filterGradient(call.parallel(), of, call.floats(1), filter);
}

REGISTER_OP("DiffusionSslGroupNorm")
    .Attr("groups: int").Attr("epsilon: float").Attr("silu: bool")
    .Input("x: float").Input("weight: float").Input("bias: float")
    .Output("y: float").Output("mean: float").Output("deviation: float");
LAYER_OP("DiffusionSslGroupNorm", groupNorm);

REGISTER_OP("DiffusionSslGroupNormGradient")
    .Attr("groups: int").Attr("silu: bool")
    .Input("x: float").Input("dy: float").Input("mean: float").Input("deviation: float")
    .Input("weight: float").Input("bias: float")
    .Output("dx: float").Output("d_weight: float").Output("d_bias: float");
LAYER_OP("DiffusionSslGroupNormGradient", groupNormGradient);

REGISTER_OP("DiffusionSslLayerNorm")
    .Attr("epsilon: float")
    .Input("x: float").Input("weight: float").Input("bias: float")
    .Output("y: float").Output("mean: float").Output("deviation: float");
LAYER_OP("DiffusionSslLayerNorm", layerNorm);

REGISTER_OP("DiffusionSslLayerNormGradient")
    .Input("x: float").Input("dy: float").Input("mean: float").Input("deviation: float").Input("weight: float")
    .Output("dx: float").Output("d_weight: float").Output("d_bias: float");
LAYER_OP("DiffusionSslLayerNormGradient", layerNormGradient);

REGISTER_OP("DiffusionSslActivate").Attr("kind: int").Input("x: float").Output("y: float");
LAYER_OP("DiffusionSslActivate", activate);

REGISTER_OP("DiffusionSslActivateGradient")
    .Attr("kind: int").Input("x: float").Input("dy: float").Output("dx: float");
LAYER_OP("DiffusionSslActivateGradient", activateGradient);

REGISTER_OP("DiffusionSslGeglu").Input("x: float").Output("y: float");
LAYER_OP("DiffusionSslGeglu", geglu);

REGISTER_OP("DiffusionSslGegluGradient").Input("x: float").Input("dy: float").Output("dx: float");
LAYER_OP("DiffusionSslGegluGradient", gegluGradient);

REGISTER_OP("DiffusionSslPixelMean").Input("x: float").Output("mean: float");
LAYER_OP("DiffusionSslPixelMean", pixelMean);

REGISTER_OP("DiffusionSslAddToPixels").Input("x: float").Input("shift: float").Output("y: float");
LAYER_OP("DiffusionSslAddToPixels", addToPixels);

REGISTER_OP("DiffusionSslAttention")
    .Attr("heads: int").Attr("scale: float")
    .Input("q: float").Input("k: float").Input("v: float").Input("mask: float")
    .Output("y: float");
LAYER_OP("DiffusionSslAttention", attend);

REGISTER_OP("DiffusionSslAttentionGradient")
    .Attr("heads: int").Attr("scale: float")
    .Input("dy: float").Input("q: float").Input("k: float").Input("v: float").Input("mask: float")
    .Output("dq: float").Output("dk: float").Output("dv: float");
LAYER_OP("DiffusionSslAttentionGradient", attendGradient);

REGISTER_OP("DiffusionSslConvolve")
    .Attr("backward: bool").Attr("relu: bool")
    .Input("x: float").Input("filter: float").Input("bias: float").Input("addend: float")
    .Output("y: float");
LAYER_OP("DiffusionSslConvolve", convolve);

REGISTER_OP("DiffusionSslFilterGradient").Input("x: float").Input("dy: float").Output("filter: float");
LAYER_OP("DiffusionSslFilterGradient", filterGradient);

}  // namespace
