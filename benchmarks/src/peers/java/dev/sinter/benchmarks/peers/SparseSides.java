// A fully connected layer of which four blocks in five are zero: Sinter's sparse row, its dense
// one, MKL's BSR.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.benchmarks.peers;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.Quantization;
import dev.sinter.runtime.Gemm;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.mkl.global.mkl_rt;

/**
 * The layer in int8, m x k by n x k; MKL has sparse products of floats alone, so it multiplies the
 * same weights as floats.
 */
final class SparseSides implements AutoCloseable {
  private static final int BLOCK = 4;
  private static final double ZERO = 0.8;
  private static final float IN_SCALE = 0.02f;
  private static final float WEIGHT_SCALE = 0.01f;
  private static final float OUT_SCALE = 0.4f;
  private static final int ZERO_POINT = 3;
  private static final int OUT_ZERO_POINT = -5;

  private final int m;
  private final int n;
  private final int k;
  private final byte[] weights;
  private final byte[] inputs;
  private final Model model;
  private final Session session;
  private final Gemm gemm;
  private final ByteBuffer a;
  private final ByteBuffer c;
  private final int threads;

  SparseSides(int m, int n, int k, int threads) {
    this.m = m;
    this.n = n;
    this.k = k;
    this.threads = threads;
    Random random = new Random(1);
    weights = blocks(n, k, random);
    inputs = new byte[m * k];
    random.nextBytes(inputs);
    GraphBuilder b = Graph.builder("sparse");
    GraphBuilder.Value x =
        b.input("x", ElementType.INT8, Quantization.perTensor(IN_SCALE, ZERO_POINT), m, k);
    GraphBuilder.Value w = b.int8("w", weights, Quantization.perTensor(WEIGHT_SCALE, 0), n, k);
    model =
        Model.load(
            x.fullyConnected(w, null, Activation.NONE)
                .quantized(OUT_SCALE, OUT_ZERO_POINT)
                .output("y")
                .build(),
            Options.builder().threads(threads).build());
    session = model.newSession();
    session.input(0).put(inputs);
    a = Product.direct((long) m * k).put(inputs).flip();
    c = Product.direct((long) m * n);
    float[] scales = new float[n];
    Arrays.fill(scales, IN_SCALE * WEIGHT_SCALE / OUT_SCALE);
    ByteBuffer dense = Product.direct((long) n * k).put(weights).flip();
    gemm =
        Gemm.builder(Gemm.Type.S8S8S8, n, k, dense)
            .zeroPoint(ZERO_POINT)
            .requantize(scales, OUT_ZERO_POINT, -128, 127)
            .build();
    gemm.reserve(m, threads, 1);
  }

  private static byte[] blocks(int rows, int columns, Random random) {
    byte[] w = new byte[rows * columns];
    for (int r = 0; r < rows; r += BLOCK) {
      for (int q = 0; q < columns; q += BLOCK) {
        if (random.nextDouble() < ZERO) {
          continue;
        }
        for (int i = 0; i < BLOCK * BLOCK; i++) {
          w[(r + i / BLOCK) * columns + q + i % BLOCK] = (byte) (1 + random.nextInt(127));
        }
      }
    }
    return w;
  }

  /** The row that Sinter chose for the model. */
  String kernel() {
    return session.report().steps().get(0).kernel();
  }

  void run() {
    session.run();
  }

  void runDense() {
    gemm.run(m, a, k, c, n, threads);
  }

  /** Whether sparse and dense gave the same, after a run of each. */
  boolean isEqual() {
    byte[] one = new byte[m * n];
    byte[] other = new byte[m * n];
    session.output(0).get(0, one);
    c.get(0, other);
    return Arrays.equals(one, other);
  }

  /** MKL's side. */
  Mkl mkl() {
    return new Mkl();
  }

  /** Blocks of floats, in MKL's own order after its analysis. */
  final class Mkl implements AutoCloseable {
    private final mkl_rt.sparse_matrix matrix = new mkl_rt.sparse_matrix();
    private final mkl_rt.matrix_descr description = new mkl_rt.matrix_descr();
    private final FloatPointer values;
    private final IntPointer starts;
    private final IntPointer columns;
    private final FloatPointer in;
    private final FloatPointer out;

    private Mkl() {
      int rows = n / BLOCK;
      int[] start = new int[rows + 1];
      int[] column = new int[rows * (k / BLOCK)];
      float[] value = new float[n * k];
      int blocks = 0;
      for (int r = 0; r < rows; r++) {
        start[r] = blocks;
        for (int q = 0; q < k / BLOCK; q++) {
          boolean filled = false;
          for (int i = 0; i < BLOCK * BLOCK; i++) {
            byte w = weights[(r * BLOCK + i / BLOCK) * k + q * BLOCK + i % BLOCK];
            value[blocks * BLOCK * BLOCK + i] = w * WEIGHT_SCALE;
            filled |= w != 0;
          }
          if (filled) {
            column[blocks++] = q;
          }
        }
      }
      start[rows] = blocks;
      values = new FloatPointer(Arrays.copyOf(value, Math.max(1, blocks * BLOCK * BLOCK)));
      starts = new IntPointer(start);
      columns = new IntPointer(Arrays.copyOf(column, Math.max(1, blocks)));
      // Transposed, which MKL's product of many columns is faster for.
      float[] real = new float[m * k];
      for (int i = 0; i < real.length; i++) {
        real[i % k * m + i / k] = (inputs[i] - ZERO_POINT) * IN_SCALE;
      }
      in = new FloatPointer(real);
      out = new FloatPointer((long) m * n);
      mkl_rt.MKL_Set_Num_Threads(threads);
      check(
          mkl_rt.mkl_sparse_s_create_bsr(
              matrix,
              mkl_rt.SPARSE_INDEX_BASE_ZERO,
              mkl_rt.SPARSE_LAYOUT_ROW_MAJOR,
              rows,
              k / BLOCK,
              BLOCK,
              starts,
              new IntPointer(starts).position(1),
              columns,
              values));
      description.type(mkl_rt.SPARSE_MATRIX_TYPE_GENERAL);
      if (m == 1) {
        mkl_rt.mkl_sparse_set_mv_hint(
            matrix, mkl_rt.SPARSE_OPERATION_NON_TRANSPOSE, description, 1_000_000);
      } else {
        mkl_rt.mkl_sparse_set_mm_hint(
            matrix,
            mkl_rt.SPARSE_OPERATION_NON_TRANSPOSE,
            description,
            mkl_rt.SPARSE_LAYOUT_ROW_MAJOR,
            m,
            1_000_000);
      }
      check(mkl_rt.mkl_sparse_optimize(matrix));
    }

    private static void check(int status) {
      if (status != mkl_rt.SPARSE_STATUS_SUCCESS) {
        throw new IllegalStateException("MKL's sparse product fails with status " + status);
      }
    }

    /** W by the transposed of A. */
    void run() {
      check(
          m == 1
              ? mkl_rt.mkl_sparse_s_mv(
                  mkl_rt.SPARSE_OPERATION_NON_TRANSPOSE, 1, matrix, description, in, 0, out)
              : mkl_rt.mkl_sparse_s_mm(
                  mkl_rt.SPARSE_OPERATION_NON_TRANSPOSE,
                  1,
                  matrix,
                  description,
                  mkl_rt.SPARSE_LAYOUT_ROW_MAJOR,
                  in,
                  m,
                  m,
                  0,
                  out,
                  m));
    }

    /** Whether the floats are those of the int8 results, as far as these reach. */
    boolean isClose() {
      for (int i = 0; i < m * n; i++) {
        byte quantized = session.output(0).get(i);
        double real = (quantized - OUT_ZERO_POINT) * (double) OUT_SCALE;
        boolean clamped = quantized == -128 || quantized == 127;
        if (!clamped && Math.abs(out.get((long) i % n * m + i / n) - real) > 0.51 * OUT_SCALE) {
          return false;
        }
      }
      return true;
    }

    @Override
    public void close() {
      mkl_rt.mkl_sparse_destroy(matrix);
      values.close();
      starts.close();
      columns.close();
      in.close();
      out.close();
    }
  }

  @Override
  public void close() {
    gemm.close();
    session.close();
    model.close();
  }
}
