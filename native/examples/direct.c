/* Sinter from C: one matrix product and one convolution on own buffers.
 * SPDX-License-Identifier: Apache-2.0
 *
 * With Sinter installed in PREFIX (docs/c.md):
 *   export PKG_CONFIG_PATH=PREFIX/lib/pkgconfig
 *   cc direct.c $(pkg-config --cflags --libs sinter) -Wl,-rpath,$(pkg-config --variable=libdir sinter) -o direct
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <sinter.h>

/* Every function that fails leaves a message for the thread that called it. */
static void stop(const char* what) {
  char message[512];
  sinter_last_error(message, sizeof message);
  fprintf(stderr, "%s: %s\n", what, message);
  exit(1);
}

static void must_be(int fine, const char* what) {
  if (!fine) {
    fprintf(stderr, "wrong result: %s\n", what);
    exit(1);
  }
}

/* C = A * W^T + bias, int8 in, int32 out: two rows of four values, three columns. */
static void matrix_product(void) {
  const int8_t weights[3][4] = {{1, 0, 0, 0}, {1, 1, 1, 1}, {-1, 2, -3, 4}}; /* n x k */
  const int32_t bias[3] = {100, 0, -1};
  const int8_t a[2][4] = {{1, 2, 3, 4}, {10, 20, 30, 40}}; /* m x k */
  int32_t c[2][3];

  sinter_gemm_options options;
  sinter_gemm_init(&options, SINTER_GEMM_S8S8S32); /* zeros, and bounds that cut nothing off */
  options.n = 3;
  options.k = 4;
  options.weights = weights;
  options.bias = bias;
  /* Packs the weights for the fastest kernel of this CPU. The arrays above are no longer needed afterwards, and the
   * handle may be used by several threads at a time. */
  const uint64_t gemm = sinter_gemm_create(&options);
  if (gemm == 0) stop("sinter_gemm_create");

  /* Optional: with scratch made beforehand, runs never allocate. Here: 2 rows, 1 thread, 1 call at a time. */
  if (sinter_gemm_reserve(gemm, 2, 1, 1) != SINTER_OK) stop("sinter_gemm_reserve");

  /* Rows of A are 4 elements apart, those of C 3; one thread, the caller's. */
  if (sinter_gemm_run(gemm, 2, a, 4, c, 3, 1) != SINTER_OK) stop("sinter_gemm_run");

  printf("product by %s:\n", sinter_gemm_row(gemm));
  for (int i = 0; i < 2; i++) printf("  %d %d %d\n", (int)c[i][0], (int)c[i][1], (int)c[i][2]);
  must_be(c[0][0] == 101 && c[0][1] == 10 && c[0][2] == 9, "first row of the product");
  must_be(c[1][0] == 110 && c[1][1] == 100 && c[1][2] == 99, "second row of the product");
  sinter_gemm_destroy(gemm);
}

/* A 3x3 window that adds up its pixels, over a float image of 4 x 5 pixels of one channel. */
static void convolution(void) {
  float weights[1][3][3][1]; /* [out_c][kernel_h][kernel_w][in_c] */
  float in[4][5][1];         /* [in_h][in_w][in_c] */
  for (int i = 0; i < 9; i++) (&weights[0][0][0][0])[i] = 1;
  for (int i = 0; i < 20; i++) (&in[0][0][0])[i] = (float)i;

  sinter_conv_options options;
  sinter_conv_init(&options, SINTER_CONV_F32); /* strides, dilations, groups 1; no padding */
  options.in_c = 1;
  options.out_c = 1;
  options.kernel_h = 3;
  options.kernel_w = 3;
  options.pad_top = options.pad_bottom = options.pad_left = options.pad_right = 1;
  options.weights = weights;
  options.act_max = 100; /* a bound for the results */
  const uint64_t conv = sinter_conv_create(&options);
  if (conv == 0) stop("sinter_conv_create");

  /* The image's size is known per call; with this padding the output is as large. */
  int32_t out_h, out_w;
  if (sinter_conv_out_size(conv, 4, 5, &out_h, &out_w) != SINTER_OK) stop("sinter_conv_out_size");
  must_be(out_h == 4 && out_w == 5, "size of the output");
  float* out = malloc((size_t)out_h * (size_t)out_w * sizeof *out);
  if (!out) return;
  if (sinter_conv_run(conv, 1, 4, 5, in, out, 1) != SINTER_OK) stop("sinter_conv_run");

  printf("convolution by %s:\n", sinter_conv_row(conv));
  for (int y = 0; y < out_h; y++) {
    for (int x = 0; x < out_w; x++) printf(" %5.0f", (double)out[y * out_w + x]);
    printf("\n");
  }
  must_be(out[0] == 0 + 1 + 5 + 6, "the corner, which sees four pixels");
  must_be(out[1 * 5 + 1] == 9 * 6, "a pixel inside");
  must_be(out[2 * 5 + 3] == 100, "a sum above the bound");
  free(out);
  sinter_conv_destroy(conv);
}

int main(void) {
  printf("Sinter %s, %d cores\n", sinter_build_id(), (int)sinter_cores());
  matrix_product();
  convolution();
  return 0;
}
