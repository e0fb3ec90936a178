// Inputs for both models from one source.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

/** What every run of the debugger asks of its inputs. */
final class Examples {
  private Examples() {}

  /** Refuses inputs in which something is no number: all that follows would be none. */
  static void requireNumbers(float[] values, int example, String input) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "example "
                + example
                + ": element "
                + i
                + " of input '"
                + input
                + "' is "
                + values[i]
                + "; mend the data, or leave this example out");
      }
    }
  }

  /** Gives a run the same real values that another has in its inputs. */
  static void copy(ModelRun from, ModelRun to, int example) {
    for (int i = 0; i < from.graph().inputs().size(); i++) {
      float[] in = from.readInput(i, null);
      requireNumbers(in, example, from.inputTensor(i).name());
      to.writeInput(i, in);
    }
  }
}
