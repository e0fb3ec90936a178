/* Sinter's C interface: everything that Java, C and device plug-ins see.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Conventions
 *  - Functions that can fail return a sinter_status (0 = fine) or, where they return a handle or a
 *    size, 0 or -1; sinter_last_error() then holds a message for the calling thread.
 *  - Objects are handles: an index with a generation. A stale or foreign handle is refused with
 *    SINTER_INVALID_HANDLE, it never reaches freed memory. The top 8 bits name the device
 *    (0 = this CPU), so one set of functions serves plug-ins too.
 *  - Bytes from outside (plans, parameters) are hostile: everything is checked before it is used.
 *  - Weights are immutable once packed and may be shared by any number of plans and threads. A plan
 *    is immutable and may be shared. A session belongs to one thread at a time.
 */
#ifndef SINTER_H_
#define SINTER_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SINTER_API __attribute__((visibility("default")))

typedef int32_t sinter_status;
enum {
  SINTER_OK = 0,
  SINTER_INVALID_ARGUMENT = 1, /* a null pointer, a negative size, a field out of range */
  SINTER_INVALID_HANDLE = 2,   /* stale, closed or of another kind */
  SINTER_INVALID_PLAN = 3,     /* the plan's bytes do not hold together */
  SINTER_UNSUPPORTED = 4,      /* a row this build lacks or this CPU cannot run */
  SINTER_OUT_OF_MEMORY = 5,
  SINTER_BUSY = 6, /* the session is running on another thread */
  SINTER_CANCELLED = 7,
  SINTER_INTERNAL = 8,
  SINTER_INVALID_MODEL = 9 /* used by the readers above the native library */
};

/* ---- the library and the machine ------------------------------------------------------------ */

/* "1.2.3+<hash of the native sources>"; the jar checks that it was built together with it. */
SINTER_API const char* sinter_build_id(void);

/* Copies the calling thread's last message into text (NUL-terminated, cut to fit) and returns its
 * full length. text may be NULL with capacity 0. */
SINTER_API int64_t sinter_last_error(char* text, int64_t capacity);

/* The ISA bits (see the catalogue's `isa` lines) of this CPU and operating system. */
SINTER_API uint64_t sinter_cpu_features(void);
/* Bytes of one data cache as seen by one core; level 1, 2 or 3; 0 when unknown. */
SINTER_API int64_t sinter_cache_bytes(int32_t level);
/* Cores this process may use, by affinity and cgroup quota. */
SINTER_API int32_t sinter_cores(void);

/* The catalogue: every op with its parameter fields, every packing and every row, those of other
 * ISAs too, as text (format: docs/catalogue.md). Copies up to capacity bytes, returns the length. */
SINTER_API int64_t sinter_catalogue(char* text, int64_t capacity);
/* Hash of the catalogue; a plan carries it and is refused by a library with another one. */
SINTER_API uint64_t sinter_catalogue_fingerprint(void);

/* ---- packed weights --------------------------------------------------------------------------- */

/* An empty set of packed weights. Returns 0 on failure. */
SINTER_API uint64_t sinter_weights_create(void);
SINTER_API sinter_status sinter_weights_destroy(uint64_t weights);

/* Packs constants in the form `packing` (its index in the catalogue) and returns the index of the
 * new blob in the set, or -1. params: the op's parameter bytes. source_count sources, absent ones
 * with NULL and 0. Safe from several threads. */
SINTER_API int32_t sinter_weights_pack(uint64_t weights, int32_t packing, const void* params, int64_t params_bytes,
                                       const void* const* sources, const int64_t* source_bytes, int32_t source_count);
/* Adds bytes as they are (constants that kernels read unpacked), 64-byte aligned. */
SINTER_API int32_t sinter_weights_add(uint64_t weights, const void* data, int64_t bytes);
/* Bytes of one blob, or -1; blob == -1: of all. */
SINTER_API int64_t sinter_weights_bytes(uint64_t weights, int32_t blob);

/* ---- plans ------------------------------------------------------------------------------------ */

/* Checks a plan (format: docs/plan.md) against the catalogue, this CPU and the weights, and keeps
 * what running needs. The bytes may be freed afterwards; the weights are kept alive by the plan.
 * Returns 0 on failure. */
SINTER_API uint64_t sinter_plan_create(uint64_t weights, const void* bytes, int64_t byte_count);
SINTER_API sinter_status sinter_plan_destroy(uint64_t plan);

/* ---- sessions ---------------------------------------------------------------------------------- */

/* An arena of arena_bytes (zeroed, 64-byte aligned) and room for attached plans. threads: how many
 * threads a run may use, the caller included; 0 = all cores. Returns 0 on failure. */
SINTER_API uint64_t sinter_session_create(int64_t arena_bytes, int32_t threads);
/* Fails with SINTER_BUSY while a run is under way. */
SINTER_API sinter_status sinter_session_destroy(uint64_t session);

/* Attaches a plan whose arena range starts at arena_base (a multiple of 64) and returns its index
 * in the session, or -1. All addresses are resolved here, so that a run resolves none. */
SINTER_API int32_t sinter_session_attach(uint64_t session, uint64_t plan, int64_t arena_base);
/* The arena's address, for views on the default place of inputs and outputs; valid until destroyed. */
SINTER_API void* sinter_session_arena(uint64_t session);
/* Sets bytes of the arena to one value: what a plan keeps there from run to run is set back so. Fails
 * with SINTER_BUSY while a run is under way. */
SINTER_API sinter_status sinter_session_fill(uint64_t session, int64_t offset, int64_t bytes, int32_t value);
/* Binds caller memory to a binding of an attached plan; data == NULL: back to the arena. The memory
 * must stay valid while it is bound. bytes must be at least what the plan says. */
SINTER_API sinter_status sinter_session_bind(uint64_t session, int32_t plan, int32_t binding, void* data,
                                             int64_t bytes);
/* Runs an attached plan. Allocates nothing. */
SINTER_API sinter_status sinter_session_run(uint64_t session, int32_t plan);
/* Asks a run on another thread to stop before its next step; that run returns SINTER_CANCELLED. */
SINTER_API sinter_status sinter_session_cancel(uint64_t session);
/* Step at which the last run stopped, -1 when it ended well. */
SINTER_API int32_t sinter_session_failed_step(uint64_t session);
/* Times per step: enabled != 0 turns them on. nanos receives up to capacity values of the last run
 * of `plan`; returns the number of steps or -1. */
SINTER_API sinter_status sinter_session_profile(uint64_t session, int32_t enabled);
SINTER_API int32_t sinter_session_step_nanos(uint64_t session, int32_t plan, int64_t* nanos, int32_t capacity);

/* ---- direct kernels on the caller's buffers ----------------------------------------------------
 *
 * A handle holds weights that were packed once, for the fastest row this CPU has. Any number of threads may run it at a
 * time; each call says how many threads it may use itself (1: the caller alone; 0: all cores; workers are borrowed as
 * by sessions, a call never waits for them). What options point to may be freed once the handle is made.
 *
 * Buffers belong to the caller, hold exactly the elements that are named here, must not overlap, and stand at multiples
 * of their elements' size; more alignment is not needed. Everything else in options and arguments is checked; the sizes
 * of buffers cannot be.
 *
 * Scratch belongs to the handle: a call borrows what an earlier one left, and allocates when there is too little or
 * when more calls run at the same time than ever before. sinter_*_reserve makes it beforehand: calls within what was
 * reserved allocate nothing.
 *
 * Numbers are those of docs/numerics.md: 8 bits xnn.gemm and exact, floats f32 and bf16. */

/* Rounds floats to bfloat16 (to nearest, halves to even; NaN stays, denormals become 0), and back. */
SINTER_API void sinter_bf16_from_float(const float* in, uint16_t* out, int64_t count);
SINTER_API void sinter_bf16_to_float(const uint16_t* in, float* out, int64_t count);

/* One matrix product with packed weights: C[m,n] = epilogue(sum over k of A[m,k] * W[n,k] + bias[n]).
 * A row-major m x k with lda elements from row to row, C likewise with ldc. */
enum {
  SINTER_GEMM_F32 = 0,     /* A, W, bias, C float; C = clamp(sum + bias, act_min, act_max) */
  SINTER_GEMM_S8S8S8 = 1,  /* A, W, C int8, bias int32, scale[n] float; requantized; k at most 65536 */
  SINTER_GEMM_S8S8S32 = 2, /* A, W int8, bias and C int32: the plain sum; k at most 65536 */
  SINTER_GEMM_U8U8U8 = 3,  /* A, W, C uint8, both A and W with a zero point; else as S8S8S8; k at most 33025 */
  SINTER_GEMM_U8U8S32 = 4, /* A, W uint8 with zero points, bias and C int32: the plain sum; k at most 33025 */
  SINTER_GEMM_U8S8S32 = 5, /* A uint8 with a zero point, W int8, bias and C int32; k at most 33025 */
  SINTER_GEMM_BF16 = 6,    /* A and W bfloat16, bias and C float; clamped as F32 */
  SINTER_GEMM_F32BF16 = 7, /* A float, rounded to bfloat16 on the way; W bfloat16, bias and C float; clamped as F32 */
  SINTER_GEMM_BF16S8 = 8   /* A bfloat16, W int8 with scale[n], bias and C float; clamped as F32 */
};
typedef struct {
  int32_t type; /* SINTER_GEMM_* */
  int32_t n, k;
  const void* weights;  /* n x k, row-major */
  const void* bias;     /* n, or NULL for zeros */
  const float* scale;   /* n; S8S8S8 and U8U8U8: in_scale * weight_scale / out_scale; BF16S8: of W */
  int32_t a_zero_point; /* int8 and uint8 A: what stands for 0 */
  int32_t w_zero_point; /* U8U8U8, U8U8S32; else 0 */
  int32_t out_zero_point, out_min, out_max; /* S8S8S8, U8U8U8: bounds in the quantized domain */
  float act_min, act_max;                   /* C float: bounds; -INFINITY and INFINITY for none */
  uint64_t isa_mask;                        /* rows may need no bits but these; 0 = all this CPU has */
} sinter_gemm_options;

/* Sets everything to zero but the type and bounds, which become the widest. */
SINTER_API void sinter_gemm_init(sinter_gemm_options* options, int32_t type);
/* Packs the weights and returns a handle, or 0. */
SINTER_API uint64_t sinter_gemm_create(const sinter_gemm_options* options);
/* Calls that are under way end well. */
SINTER_API sinter_status sinter_gemm_destroy(uint64_t gemm);
/* Name of the row in use, or NULL. */
SINTER_API const char* sinter_gemm_row(uint64_t gemm);
/* Makes scratch for `calls` (1 to 4096) calls at a time of up to m rows with up to `threads` threads each. */
SINTER_API sinter_status sinter_gemm_reserve(uint64_t gemm, int32_t m, int32_t threads, int32_t calls);
/* m >= 0, lda >= k, ldc >= n; a holds (m-1)*lda+k elements, c (m-1)*ldc+n. What lies between C's rows is kept. */
SINTER_API sinter_status sinter_gemm_run(uint64_t gemm, int32_t m, const void* a, int64_t lda, void* c, int64_t ldc,
                                         int32_t threads);

/* A two-dimensional convolution with packed weights, for images of any size:
 *   out[b,y,x,o] = epilogue(bias[o] + sum over (i,j,c) of
 *     in[b, y*stride_h + i*dilation_h - pad_top, x*stride_w + j*dilation_w - pad_left, c] * W[o,i,j,c])
 * where pixels outside of the image count as 0 (8 bits: as the zero point). in is [batch][in_h][in_w][in_c], out
 * [batch][out_h][out_w][out_c], without gaps; with extent = (kernel - 1) * dilation + 1,
 *   out_h = (in_h + pad_top + pad_bottom - extent_h) / stride_h + 1, rounded down, and out_w likewise. */
enum {
  SINTER_CONV_F32 = 0,    /* all float; out = clamp(sum + bias, act_min, act_max) */
  SINTER_CONV_S8 = 1,     /* in, W, out int8, bias int32, scale[out_c] float; requantized per output channel */
  SINTER_CONV_U8 = 2,     /* the same in uint8, in and W with a zero point */
  SINTER_CONV_F32BF16 = 3 /* in float, rounded to bfloat16 on the way; W bfloat16; bias, out float; not depthwise */
};
typedef struct {
  int32_t type; /* SINTER_CONV_* */
  int32_t in_c, out_c;
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w; /* pixels, each 1 to 2^20 */
  int32_t pad_top, pad_bottom, pad_left, pad_right;                       /* pixels, >= 0 */
  int32_t groups;                           /* divides in_c and out_c; group g reads input channels g*in_c/groups on */
  const void* weights;                      /* conv: [out_c][kernel_h][kernel_w][in_c / groups];
                                               depthwise: [kernel_h][kernel_w][out_c] */
  const void* bias;                         /* out_c, or NULL for zeros */
  const float* scale;                       /* out_c; 8 bits: in_scale * weight_scale / out_scale */
  int32_t in_zero_point, w_zero_point;      /* 8 bits; w_zero_point: uint8 only, else 0 */
  int32_t out_zero_point, out_min, out_max; /* 8 bits: bounds in the quantized domain */
  float act_min, act_max;                   /* floats: bounds; -INFINITY and INFINITY for none */
  uint64_t isa_mask;                        /* rows may need no bits but these; 0 = all this CPU has */
} sinter_conv_options;

/* Sets everything to zero but the type; kernel, strides, dilations and groups, which become 1; and bounds, the widest.
 */
SINTER_API void sinter_conv_init(sinter_conv_options* options, int32_t type);
/* Packs the weights and returns a handle, or 0. Products per output (kernel_h * kernel_w * in_c / groups): at most
 * 65536 in int8, 33025 in uint8. */
SINTER_API uint64_t sinter_conv_create(const sinter_conv_options* options);
/* Every channel by itself: out_c = in_c * multiplier, output channel c * multiplier + d reads input channel c. groups
 * is 1 or in_c. The handle goes to the functions below. */
SINTER_API uint64_t sinter_depthwise_create(const sinter_conv_options* options);
SINTER_API sinter_status sinter_conv_destroy(uint64_t conv);
SINTER_API const char* sinter_conv_row(uint64_t conv);
/* The size of the output for an input of in_h x in_w pixels. */
SINTER_API sinter_status sinter_conv_out_size(uint64_t conv, int32_t in_h, int32_t in_w, int32_t* out_h,
                                              int32_t* out_w);
/* Makes scratch for `calls` (1 to 4096) calls at a time on images like these, with up to `threads` threads each. */
SINTER_API sinter_status sinter_conv_reserve(uint64_t conv, int32_t batch, int32_t in_h, int32_t in_w, int32_t threads,
                                             int32_t calls);
SINTER_API sinter_status sinter_conv_run(uint64_t conv, int32_t batch, int32_t in_h, int32_t in_w, const void* in,
                                         void* out, int32_t threads);

/* ---- device plug-ins ----------------------------------------------------------------------------- */

/* Loads a device library (native/src/plugin/plugin.h says what it must offer) and returns its device
 * number (1..255), or -1. Handles it makes carry that number and go through the functions above. */
SINTER_API int32_t sinter_device_load(const char* path);
/* As sinter_weights_create, sinter_session_create and sinter_catalogue, on a loaded device. */
SINTER_API uint64_t sinter_device_weights_create(int32_t device);
SINTER_API uint64_t sinter_device_session_create(int32_t device, int64_t arena_bytes);
SINTER_API int64_t sinter_device_catalogue(int32_t device, char* text, int64_t capacity);

#ifdef __cplusplus
}
#endif

#endif /* SINTER_H_ */
