// Machines and a small catalogue made by hand, to plan for without a native library.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import dev.sinter.runtime.catalogue.Catalogue;

/** Targets for tests of selection. */
public final class TestTargets {
  /** gemm with dense and sparse rows, and the layouts' conversions. */
  public static final String CATALOGUE =
      """
      sinter-catalogue 1
      isa avx2 1
      isa avx512 2
      op gemm 44
      field m i32 0 run
      field n i32 4 pack
      field k i32 8 pack
      field lda i32 12 run
      field ldc i32 16 run
      field a_zero_point i32 20 pack
      field out_zero_point i32 24 run
      field out_min i32 28 run
      field out_max i32 32 run
      field act_min f32 36 run
      field act_max f32 40 run
      slot a in
      slot weights weights
      slot c out
      op layout 20
      field height i32 0 run
      field width i32 4 run
      field channels i32 8 run
      field pitch i32 12 run
      field fill i32 16 run
      slot in in
      slot out out
      packing 0 gemm_s8_plain 1 gemm 3
      packing 1 gemm_s8_block4x4 1 gemm 3
      """
          + row(
              0, "gemm_s8s8s8_reference", "any", 0, "nhwc nhwc", 0, "xnn.gemm", "1 1 1", "1 1 100")
          + row(
              1, "gemm_s8s8s8_avx2", "x86_64", 1, "nhwc nhwc", 0, "xnn.gemm", "6 16 2", "26 16 200")
          + row(
              2,
              "gemm_s8s8s8_avx512",
              "x86_64",
              3,
              "nhwc nhwc",
              0,
              "xnn.gemm",
              "5 64 4",
              "58 64 200",
              "limit k multiple 4")
          + row(
              3,
              "gemm_s8s8s8_avx2_block4x4",
              "x86_64",
              1,
              "planar_quads planar_quads",
              1,
              "xnn.gemm",
              "8 4 4",
              "14 14 150")
          + row(
              4, "gemm_s8s8s8_dotprod", "arm64", 0, "nhwc nhwc", 0, "xnn.gemm", "4 16 4", "28 16 9")
          + row(
              5, "gemm_s8s8s8_other", "any", 0, "nhwc nhwc", 0, "tfl.other", "1 1 1", "999 999 1");

  /** The two conversions between layouts. */
  public static final String CONVERSIONS =
      layout(6, "layout_s8_to_quads", "nhwc planar_quads")
          + layout(7, "layout_s8_from_quads", "planar_quads nhwc");

  private TestTargets() {}

  private static String row(
      int index,
      String name,
      String arch,
      int needs,
      String layouts,
      int packing,
      String numerics,
      String tile,
      String cost,
      String... limits) {
    StringBuilder out =
        new StringBuilder(
            """
            row %d %s 1 gemm
              arch %s
              needs %d
              types s8 s8 s8
              layouts %s
              packing %d
              numerics %s
              tile %s
              cost %s
            """
                .formatted(index, name, arch, needs, layouts, packing, numerics, tile, cost));
    for (String limit : limits) {
      out.append("  ").append(limit).append('\n');
    }
    return out.append("  built ")
        .append(arch.equals("arm64") ? "no" : "yes")
        .append('\n')
        .toString();
  }

  private static String layout(int index, String name, String layouts) {
    return """
        row %d %s 1 layout
          arch any
          needs 0
          types s8 s8
          layouts %s
          packing -1
          numerics exact
          tile 1 1 1
          cost 10 0 60
          built yes
        """
        .formatted(index, name, layouts);
  }

  /** A machine with 512 KB and 32 MB of cache. */
  public static Target of(String catalogue, String arch, long isa, String forced) {
    return new Target(Catalogue.parse(catalogue, 7), arch, isa, 512 << 10, 32 << 20, 8, forced);
  }

  /** A device with a plain row and one for weights of which half are zero, two of every four. */
  public static Target device() {
    String text =
        CATALOGUE
            .replace("op gemm 44", "op gemm 48")
            .replace("slot a in", "field pattern i32 44 pack\nslot a in");
    return Target.ofDevice(
        Device.CUDA,
        Catalogue.parse(
            text.replace("isa avx2 1", "features 2\nisa avx2 1")
                + row(
                    6,
                    "gemm_s8s8s8_dense",
                    "cuda",
                    2,
                    "nhwc nhwc",
                    0,
                    "xnn.gemm",
                    "64 64 32",
                    "1000 0 9")
                + row(
                    7,
                    "gemm_s8s8s8_2of4",
                    "cuda",
                    2,
                    "nhwc nhwc",
                    0,
                    "xnn.gemm",
                    "64 64 32",
                    "1800 0 9",
                    "limit pattern range 24 24")
                + row(
                    8,
                    "gemm_s8s8s8_next",
                    "cuda",
                    1,
                    "nhwc nhwc",
                    0,
                    "xnn.gemm",
                    "64 64 32",
                    "9000 0 9"),
            7));
  }

  /** An x86-64 machine with AVX2 and both conversions. */
  public static Target avx2() {
    return of(CATALOGUE + CONVERSIONS, "x86_64", 1, null);
  }
}
