// Options of the custom ops that TFLite's default delegate knows.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads the custom options of MediaPipe's ops: structs of C as they lie in memory, 32-bit numbers
 * from the lowest byte on.
 */
public final class DelegateOptions {
  private DelegateOptions() {}

  /**
   * The options of Convolution2DTransposeBias.
   *
   * @param f the op
   * @return what TRANSPOSE_CONV would say
   * @throws GraphException if the options are no such struct
   */
  public static OpKind.TransposeConv transposeConv(OpKind.Foreign f) {
    ByteBuffer b = struct(f, 3);
    return new OpKind.TransposeConv(padding(f, b), b.getInt(8), b.getInt(4), Activation.NONE);
  }

  /**
   * The options of MaxPoolingWithArgmax2D and MaxUnpooling2D.
   *
   * @param f the op
   * @return what MAX_POOL_2D would say
   * @throws GraphException if the options are no such struct, or windows overlap
   */
  public static OpKind.Pool pool(OpKind.Foreign f) {
    ByteBuffer b = struct(f, 6);
    OpKind.Pool pool =
        new OpKind.Pool(
            OpKind.Pool.Mode.MAX,
            padding(f, b),
            b.getInt(8),
            b.getInt(4),
            b.getInt(16),
            b.getInt(12),
            Activation.NONE);
    if (b.getInt(20) != 0
        || pool.height() < 1
        || pool.width() < 1
        || pool.height() != pool.strideH()
        || pool.width() != pool.strideW()) {
      throw new GraphException(
          "windows of "
              + pool.height()
              + " x "
              + pool.width()
              + " at strides of "
              + pool.strideH()
              + " and "
              + pool.strideW()
              + ", activation "
              + b.getInt(20)
              + "; only windows side by side without an activation are known");
    }
    return pool;
  }

  private static ByteBuffer struct(OpKind.Foreign f, int numbers) {
    if (f.attributes().get("custom_options") instanceof ByteBuffer b
        && b.remaining() >= 4 * numbers) {
      return b.slice().order(ByteOrder.LITTLE_ENDIAN);
    }
    throw new GraphException(f.name() + " needs custom options of " + 4 * numbers + " bytes");
  }

  private static Padding padding(OpKind.Foreign f, ByteBuffer b) {
    return switch (b.getInt(0)) {
      case 1 -> Padding.SAME;
      case 2 -> Padding.VALID;
      default -> throw new GraphException(f.name() + " has padding " + b.getInt(0));
    };
  }
}
