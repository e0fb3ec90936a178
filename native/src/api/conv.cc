// The direct convolutions of sinter.h: the fastest row for the options, packed once, for images of any size.
// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/op.h"

#include <math.h>
#include <string.h>

#include <new>

#include "api/direct.h"
#include "core/checked.h"
#include "core/handles.h"
#include "core/status.h"
#include "kernels/depthwise/op.h"

namespace sinter {
namespace {

union Params {
  ConvParams conv;
  DepthwiseParams depthwise;
};

struct Conv : Direct {
  sinter_conv_options o;
  bool depthwise;
  Params params;  // but for the sizes of a call
  const char* what() const {
    return depthwise ? "depthwise" : "conv";
  }
};

HandleTable<Conv>& conv_table() {
  static HandleTable<Conv>* const handles = new HandleTable<Conv>(HANDLE_CONV);
  return *handles;
}

struct Kind {
  DataType types[CONV_SLOTS];
  int weight_bytes;
};
const Kind kinds[] = {
    {{F32, F32, F32}, 4},   // F32
    {{S8, S8, S8}, 1},      // S8
    {{U8, U8, U8}, 1},      // U8
    {{F32, BF16, F32}, 2},  // F32BF16
};

sinter_status check_options(const sinter_conv_options& o, bool depthwise) {
  const char* what = depthwise ? "depthwise" : "conv";
  if (o.type < SINTER_CONV_F32 || o.type > (depthwise ? SINTER_CONV_U8 : SINTER_CONV_F32BF16)) {
    return fail(SINTER_INVALID_ARGUMENT, "%s: type %d is not one of those that sinter.h names for it", what, o.type);
  }
  const bool requantizes = o.type == SINTER_CONV_S8 || o.type == SINTER_CONV_U8;
  if (!o.weights) return fail(SINTER_INVALID_ARGUMENT, "%s: weights are missing", what);
  if (requantizes != (o.scale != nullptr)) {
    return fail(SINTER_INVALID_ARGUMENT,
                requantizes ? "%s: a result of 8 bits needs scale, out_c floats" : "%s: scale is for 8 bits only",
                what);
  }
  const int32_t sides[] = {o.pad_top, o.pad_bottom, o.pad_left, o.pad_right};
  for (int32_t side : sides) {
    if (side < 0 || side > 1 << 30) {
      return fail(SINTER_INVALID_ARGUMENT, "%s: padding %d, %d, %d, %d", what, o.pad_top, o.pad_bottom, o.pad_left,
                  o.pad_right);
    }
  }
  const int32_t far = 1 << 20;
  if (o.kernel_h < 1 || o.kernel_w < 1 || o.stride_h < 1 || o.stride_w < 1 || o.dilation_h < 1 || o.dilation_w < 1 ||
      o.kernel_h > far || o.kernel_w > far || o.stride_h > far || o.stride_w > far || o.dilation_h > far ||
      o.dilation_w > far) {
    return fail(SINTER_INVALID_ARGUMENT, "%s: kernel %dx%d, stride %dx%d, dilation %dx%d; each is 1 to %d", what,
                o.kernel_h, o.kernel_w, o.stride_h, o.stride_w, o.dilation_h, o.dilation_w, far);
  }
  if (o.in_c < 1 || o.out_c < 1) {
    return fail(SINTER_INVALID_ARGUMENT, "%s: %d input and %d output channels", what, o.in_c, o.out_c);
  }
  if (depthwise && (o.out_c % o.in_c != 0 || (o.groups != 1 && o.groups != o.in_c))) {
    return fail(SINTER_INVALID_ARGUMENT,
                "depthwise: out_c %d is no multiple of in_c %d, or groups %d is neither 1 nor in_c", o.out_c, o.in_c,
                o.groups);
  }
  return SINTER_OK;
}

// Both ops have fields of the same names.
template <class P>
void set_common(const sinter_conv_options& o, P* p) {
  p->batch = 1;
  p->in_h = p->in_w = p->out_h = p->out_w = 1;
  p->in_c = o.in_c;
  p->kernel_h = o.kernel_h;
  p->kernel_w = o.kernel_w;
  p->stride_h = o.stride_h;
  p->stride_w = o.stride_w;
  p->dilation_h = o.dilation_h;
  p->dilation_w = o.dilation_w;
  p->pad_top = o.pad_top;
  p->pad_left = o.pad_left;
  if (o.type == SINTER_CONV_S8 || o.type == SINTER_CONV_U8) {
    p->in_zero_point = o.in_zero_point;
    p->w_zero_point = o.w_zero_point;
    p->out_zero_point = o.out_zero_point;
    p->out_min = o.out_min;
    p->out_max = o.out_max;
  } else {
    p->act_min = o.act_min;
    p->act_max = o.act_max;
  }
}

template <class P>
void set_sizes(int32_t batch, int32_t in_h, int32_t in_w, int32_t out_h, int32_t out_w, P* p) {
  p->batch = batch;
  p->in_h = in_h;
  p->in_w = in_w;
  p->out_h = out_h;
  p->out_w = out_w;
}

std::shared_ptr<Conv> create(const sinter_conv_options& o, bool depthwise) {
  if (check_options(o, depthwise) != SINTER_OK) return nullptr;
  auto conv = std::make_shared<Conv>();
  conv->o = o;
  conv->o.weights = conv->o.bias = nullptr;  // the caller's, not ours to keep
  conv->o.scale = nullptr;
  conv->depthwise = depthwise;
  memset(&conv->params, 0, sizeof conv->params);
  int64_t elements;
  if (depthwise) {
    set_common(o, &conv->params.depthwise);
    conv->params.depthwise.multiplier = o.out_c / o.in_c;
    elements = checked_product<3>({o.kernel_h, o.kernel_w, o.out_c});
  } else {
    ConvParams& p = conv->params.conv;
    set_common(o, &p);
    p.out_c = o.out_c;
    p.groups = o.groups;
    elements = o.groups < 1 ? 0 : checked_product<4>({o.out_c, o.kernel_h, o.kernel_w, o.in_c / o.groups});
  }
  const Kind& kind = kinds[o.type];
  conv->row = fastest_row(conv->what(), kind.types, &conv->params, o.isa_mask);
  if (!conv->row) return nullptr;
  int64_t bytes[MAX_SLOTS] = {};
  if (conv->row->op->check(&conv->params, conv->row, bytes) != SINTER_OK) return nullptr;
  if (elements < 0 || elements > int64_t{1} << 48) {
    fail(SINTER_INVALID_ARGUMENT, "%s: its weights are larger than any memory", conv->what());
    return nullptr;
  }
  const int64_t channels = int64_t{o.out_c} * 4;
  const Source sources[MAX_SOURCES] = {
      {o.weights, elements * kind.weight_bytes}, {o.bias, o.bias ? channels : 0}, {o.scale, o.scale ? channels : 0}};
  return pack_direct(conv.get(), &conv->params, sources) == SINTER_OK ? conv : nullptr;
}

// Outputs along one side; -1: the window is larger than the padded side.
int64_t outputs(int64_t in, int64_t before, int64_t after, int64_t kernel, int64_t stride, int64_t dilation) {
  const int64_t free = in + before + after - ((kernel - 1) * dilation + 1);
  return free < 0 ? -1 : free / stride + 1;
}

sinter_status out_size(const Conv& conv, int32_t in_h, int32_t in_w, int32_t* out_h, int32_t* out_w) {
  const sinter_conv_options& o = conv.o;
  if (in_h < 1 || in_w < 1) {
    return fail(SINTER_INVALID_ARGUMENT, "%s: an input of %d x %d pixels", conv.what(), in_h, in_w);
  }
  const int64_t h = outputs(in_h, o.pad_top, o.pad_bottom, o.kernel_h, o.stride_h, o.dilation_h);
  const int64_t w = outputs(in_w, o.pad_left, o.pad_right, o.kernel_w, o.stride_w, o.dilation_w);
  if (h < 1 || w < 1 || h > INT32_MAX || w > INT32_MAX) {
    return fail(SINTER_INVALID_ARGUMENT, "%s: a kernel of %dx%d, dilation %dx%d, does not fit %dx%d pixels and padding",
                conv.what(), o.kernel_h, o.kernel_w, o.dilation_h, o.dilation_w, in_h, in_w);
  }
  *out_h = static_cast<int32_t>(h);
  *out_w = static_cast<int32_t>(w);
  return SINTER_OK;
}

// The parameters of a call, checked.
sinter_status call_params(const Conv& conv, int32_t batch, int32_t in_h, int32_t in_w, Params* p) {
  int32_t out_h, out_w;
  const sinter_status status = out_size(conv, in_h, in_w, &out_h, &out_w);
  if (status != SINTER_OK) return status;
  *p = conv.params;
  if (conv.depthwise) {
    set_sizes(batch, in_h, in_w, out_h, out_w, &p->depthwise);
  } else {
    set_sizes(batch, in_h, in_w, out_h, out_w, &p->conv);
  }
  int64_t bytes[MAX_SLOTS] = {};
  return conv.row->op->check(p, conv.row, bytes);
}

// Multiply-accumulates, so many per pixel and place of the kernel.
template <class P>
double products_of(const P& p, double each) {
  return each * p.batch * p.out_h * p.out_w * p.kernel_h * p.kernel_w;
}

sinter_status run(Conv* conv, int32_t batch, int32_t in_h, int32_t in_w, const void* in, void* out, int32_t threads) {
  Params p;
  const sinter_status status = call_params(*conv, batch, in_h, in_w, &p);
  if (status != SINTER_OK) return status;
  if (batch > 0 && (!in || !out)) {
    return fail(SINTER_INVALID_ARGUMENT, "%s: %s is a null pointer", conv->what(), in ? "out" : "in");
  }
  void* slots[CONV_SLOTS] = {const_cast<void*>(in), nullptr, out};
  const double products = conv->depthwise
                              ? products_of(p.depthwise, static_cast<double>(p.depthwise.in_c) * p.depthwise.multiplier)
                              : products_of(p.conv, static_cast<double>(p.conv.in_c) / p.conv.groups * p.conv.out_c);
  return run_direct(conv, &p, products, slots, threads);
}

sinter_status stale() {
  return fail(SINTER_INVALID_HANDLE, "this is not the handle of an open convolution");
}

uint64_t create_handle(const sinter_conv_options* options, bool depthwise) {
  if (!options) {
    fail(SINTER_INVALID_ARGUMENT, "%s: no options", depthwise ? "depthwise" : "conv");
    return 0;
  }
  try {
    auto conv = create(*options, depthwise);
    if (!conv) return 0;
    const uint64_t handle = conv_table().insert(std::move(conv));
    if (handle == 0) fail(SINTER_OUT_OF_MEMORY, "too many open handles");
    return handle;
  } catch (const std::bad_alloc&) {
    fail(SINTER_OUT_OF_MEMORY, "out of memory");
    return 0;
  }
}

}  // namespace
}  // namespace sinter

using namespace sinter;  // NOLINT: C interface

extern "C" {

void sinter_conv_init(sinter_conv_options* options, int32_t type) {
  if (!options) return;
  memset(options, 0, sizeof *options);
  options->type = type;
  options->kernel_h = options->kernel_w = options->stride_h = options->stride_w = 1;
  options->dilation_h = options->dilation_w = options->groups = 1;
  options->out_min = type == SINTER_CONV_U8 ? 0 : -128;
  options->out_max = type == SINTER_CONV_U8 ? 255 : 127;
  options->act_min = -INFINITY;
  options->act_max = INFINITY;
}

uint64_t sinter_conv_create(const sinter_conv_options* options) {
  return create_handle(options, false);
}

uint64_t sinter_depthwise_create(const sinter_conv_options* options) {
  return create_handle(options, true);
}

sinter_status sinter_conv_destroy(uint64_t conv) {
  return conv_table().remove(conv, [](Conv&) { return true; }) ? SINTER_OK : stale();
}

const char* sinter_conv_row(uint64_t conv) {
  const auto found = conv_table().find(conv);
  if (!found) stale();
  return found ? found->row->name : nullptr;
}

sinter_status sinter_conv_out_size(uint64_t conv, int32_t in_h, int32_t in_w, int32_t* out_h, int32_t* out_w) {
  const auto found = conv_table().find(conv);
  if (!found) return stale();
  if (!out_h || !out_w) return fail(SINTER_INVALID_ARGUMENT, "%s: nowhere to write the size", found->what());
  return out_size(*found, in_h, in_w, out_h, out_w);
}

sinter_status sinter_conv_reserve(uint64_t conv, int32_t batch, int32_t in_h, int32_t in_w, int32_t threads,
                                  int32_t calls) {
  const auto found = conv_table().find(conv);
  if (!found) return stale();
  try {
    Params p;
    const sinter_status status = call_params(*found, batch, in_h, in_w, &p);
    return status == SINTER_OK ? reserve_direct(found.get(), &p, threads, calls) : status;
  } catch (const std::bad_alloc&) {
    return fail(SINTER_OUT_OF_MEMORY, "out of memory");
  }
}

sinter_status sinter_conv_run(uint64_t conv, int32_t batch, int32_t in_h, int32_t in_w, const void* in, void* out,
                              int32_t threads) {
  const auto found = conv_table().find(conv);
  if (!found) return stale();
  try {
    return run(found.get(), batch, in_h, in_w, in, out, threads);
  } catch (const std::bad_alloc&) {
    return fail(SINTER_OUT_OF_MEMORY, "out of memory");
  }
}

}  // extern "C"
