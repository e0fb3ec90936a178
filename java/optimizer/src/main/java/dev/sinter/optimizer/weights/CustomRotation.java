// Turned weights for AI Edge Quantizer's own op.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

import dev.sinter.graph.Flexbuffers;
import dev.sinter.graph.OpKind;
import dev.sinter.graph.tflite.TfliteOps;
import java.util.Arrays;

/**
 * {@link HadamardRotation} whose inputs are turned by the custom op {@code aeq.hadamard_rotation}
 * and not by plain ops: the matrix stands in no file.
 */
public final class CustomRotation extends HadamardRotation {
  /** Its name in recipes. */
  public static final String NAME = "HADAMARD_ROTATION";

  /** What the op is called in files. */
  public static final String OP = "aeq.hadamard_rotation";

  /** Makes one. */
  public CustomRotation() {}

  @Override
  public String name() {
    return NAME;
  }

  /**
   * Returns the op that turns rows.
   *
   * @param size of the blocks
   * @return the op, with options as AI Edge Quantizer writes them
   */
  public static OpKind op(int size) {
    byte[] signs = new byte[size];
    Arrays.fill(signs, (byte) 1);
    return TfliteOps.custom(
        OP, 1, Flexbuffers.write("hadamard_size", size, "random_binary_vector", signs));
  }
}
