/*
 * Operations of TensorFlow made of functions: what one reads and writes, and its attributes.
 */
#pragma once

#define EIGEN_USE_THREADS
#include <functional>

#include "layers.h"
#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

namespace layers {

using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::TensorShape;

/** What an operation reads and writes, by number. */
class Call {
 public:
  explicit Call(OpKernelContext* context) : context_(context) {}

  const Tensor& input(int i) const { return context_->input(i); }
  /** Null where the tensor has no values: it stands for one that is missing. */
  const float* floats(int i) const {
    return input(i).NumElements() == 0 ? nullptr : input(i).flat<float>().data();
  }
  int64_t side(int i, int axis) const { return input(i).dim_size(axis < 0 ? input(i).dims() + axis : axis); }

  /** The values of a result; null, and the operation fails, where there is no memory. */
  template <typename T = float>
  T* result(int i, const TensorShape& shape) const {
    Tensor* tensor = nullptr;
    const auto status = context_->allocate_output(i, shape, &tensor);
    if (!status.ok()) context_->CtxFailure(status);
    return status.ok() ? tensor->flat<T>().data() : nullptr;
  }
  float* resultLike(int i, int input) const { return result(i, this->input(input).shape()); }
  bool ok() const { return context_->status().ok(); }

  Parallel parallel() const {
    const auto& device = context_->eigen_device<Eigen::ThreadPoolDevice>();
    return [&device](int64_t items, double nanoseconds, std::function<void(int64_t, int64_t)> body) {
      device.parallelFor(items, Eigen::TensorOpCost(0, 0, 3 * nanoseconds), body);
    };
  }

  /** Images of any rank: [batch, …, channels]. */
  Images images(int i) const {
    const int64_t batch = side(i, 0), channels = side(i, -1);
    return {batch, input(i).NumElements() / std::max<int64_t>(1, batch * channels), channels};
  }

 private:
  OpKernelContext* context_;
};

/** The attributes that an operation has of those that there are. */
struct Attributes {
  explicit Attributes(OpKernelConstruction* context) {
    const auto read = [&](const char* name, auto* value) {
      if (context->HasAttr(name)) OP_REQUIRES_OK(context, context->GetAttr(name, value));
    };
    read("groups", &groups);
    read("epsilon", &epsilon);
    read("silu", &silu);
    read("kind", &kind);
    read("heads", &heads);
    read("scale", &scale);
    read("backward", &backward);
    read("relu", &relu);
    read("threshold", &threshold);
    read("momentum", &momentum);
    read("unbias", &unbias);
  }

  int64_t groups = 1, kind = 0, heads = 1, threshold = 0;
  float epsilon = 0, scale = 1, momentum = 0, unbias = 1;
  bool silu = false, backward = false, relu = false;
};

template <void (*compute)(const Call&, const Attributes&)>
class LayerOp : public OpKernel {
 public:
  explicit LayerOp(OpKernelConstruction* context) : OpKernel(context), attributes_(context) {}
  void Compute(OpKernelContext* context) override { compute(Call(context), attributes_); }

 private:
  const Attributes attributes_;
};

}  // namespace layers

#define LAYER_OP(name, compute) \
  REGISTER_KERNEL_BUILDER(Name(name).Device(tensorflow::DEVICE_CPU), layers::LayerOp<compute>)
