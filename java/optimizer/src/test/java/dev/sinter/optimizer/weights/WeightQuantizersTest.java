// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.HalfFloat;
import dev.sinter.optimizer.weights.WeightSpec.Granularity;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WeightQuantizersTest {
  static final List<WeightQuantizer> ALL =
      List.of(new MseWeights(), new Octav(), new MseSearch(), new Gptq(), new CoordinateDescent());

  record Case(WeightQuantizer quantizer, WeightSpec spec, int outputs, int inputs, int groups) {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (WeightQuantizer q : ALL) {
      for (int bits : new int[] {2, 4, 8}) {
        for (boolean symmetric : new boolean[] {true, false}) {
          for (Granularity g : Granularity.values()) {
            boolean block = g == Granularity.BLOCK;
            WeightSpec spec = new WeightSpec(bits, symmetric, g, block ? 8 : 0);
            boolean refused =
                (q instanceof MseWeights && (bits == 2 || !symmetric))
                    || (q instanceof Octav && !symmetric);
            if (!refused) {
              cases.add(new Case(q, spec, 6, 24, 1));
              cases.add(new Case(q, spec, 6, 9, 3));
              cases.add(new Case(q, spec, 1, 1, 1));
              cases.add(new Case(q, spec, 3, 70, 1));
            }
          }
        }
      }
    }
    return cases;
  }

  /** Inputs that go together, as those of a layer do, with a mean. */
  static InputMoments moments(Random random, int inputs, int groups, int rows) {
    double[] sums = new double[groups * inputs];
    double[] products = new double[groups * inputs * inputs];
    for (int g = 0; g < groups; g++) {
      double[] mix = random.doubles((long) inputs * inputs, -1, 1).toArray();
      for (int r = 0; r < rows; r++) {
        double[] x = new double[inputs];
        for (int k = 0; k < inputs; k++) {
          double common = random.nextGaussian() / (1 + k);
          for (int i = 0; i < inputs; i++) {
            x[i] += common * mix[k * inputs + i] + 0.2 / inputs;
          }
        }
        for (int i = 0; i < inputs; i++) {
          sums[g * inputs + i] += x[i];
          for (int j = 0; j < inputs; j++) {
            products[(g * inputs + i) * inputs + j] += x[i] * x[j];
          }
        }
      }
    }
    return new InputMoments(rows, inputs, groups, sums, products);
  }

  static FloatMatrix weights(Random random, int outputs, int inputs) {
    float[] w = new float[outputs * inputs];
    for (int i = 0; i < w.length; i++) {
      w[i] = (float) random.nextGaussian() * (0.1f + (i % 7));
    }
    return new FloatMatrix(w, outputs, inputs);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultsKeepToTheirForm(Case c) {
    Random random = new Random(5);
    FloatMatrix w = weights(random, c.outputs, c.inputs);
    InputMoments m = moments(random, c.inputs, c.groups, 50);
    QuantizedWeights q = c.quantizer.quantize(w, c.spec, m);
    assertEquals(c.outputs * c.inputs, q.values().length);
    int scales =
        c.spec.granularity() == Granularity.TENSOR
            ? 1
            : c.outputs * c.spec.scalesPerOutput(c.inputs);
    assertEquals(scales, q.scales().length);
    assertEquals(scales, q.zeroPoints().length);
    for (int s = 0; s < scales; s++) {
      assertTrue(q.scales()[s] > 0);
      assertTrue(!c.spec.symmetric() || q.zeroPoints()[s] == 0);
      if (c.spec.granularity() == Granularity.BLOCK) {
        float scale = q.scales()[s];
        assertEquals(scale, HalfFloat.toFloat(HalfFloat.ofFloat(scale)), 0);
        assertEquals(0, Float.floatToRawIntBits(scale) & 0xffff);
      }
    }
    for (byte v : q.values()) {
      assertTrue(v >= c.spec.least() && v <= c.spec.most());
    }
    QuantizedWeights again = c.quantizer.quantize(w, c.spec, m);
    assertArrayEquals(q.values(), again.values());
    assertArrayEquals(q.scales(), again.scales());
    double error = MomentMath.error(w, q, m);
    assertTrue(
        error >= 0 && error < MomentMath.error(w, zero(w, c.spec), m) * 1.01, "error " + error);
  }

  private static QuantizedWeights zero(FloatMatrix w, WeightSpec spec) {
    ScaleGrid grid = ScaleGrid.ofRanges(w, spec);
    byte[] values = new byte[w.values().length];
    for (int i = 0; i < values.length; i++) {
      int slice = grid.slice(i / w.inputs(), i % w.inputs());
      values[i] = (byte) grid.zeroPoints[slice];
    }
    return grid.with(values);
  }

  @Test
  void eachStepCostsLess() {
    Random random = new Random(6);
    WeightSpec spec = new WeightSpec(4, true, Granularity.CHANNEL, 0);
    double[] errors = new double[4];
    for (int trial = 0; trial < 5; trial++) {
      FloatMatrix w = weights(random, 16, 40);
      InputMoments m = moments(random, 40, 1, 200);
      errors[0] += MomentMath.error(w, ScaleGrid.ofRanges(w, spec).round(), m);
      errors[1] += MomentMath.error(w, new MseSearch().quantize(w, spec, m), m);
      errors[2] += MomentMath.error(w, new Gptq().quantize(w, spec, m), m);
      errors[3] += MomentMath.error(w, new CoordinateDescent().quantize(w, spec, m), m);
    }
    for (int i = 1; i < errors.length; i++) {
      assertTrue(errors[i] < errors[i - 1], i + ": " + errors[i] + " after " + errors[i - 1]);
    }
    assertTrue(errors[3] < 0.5 * errors[1], "half of what rounding to nearest costs");
  }

  @Test
  void noSingleChangeMakesDescentBetter() {
    Random random = new Random(7);
    FloatMatrix w = weights(random, 4, 12);
    InputMoments m = moments(random, 12, 1, 60);
    for (Granularity g : Granularity.values()) {
      WeightSpec spec = new WeightSpec(3, true, g, g == Granularity.BLOCK ? 4 : 0);
      double damping = 1e-6;
      QuantizedWeights q = new CoordinateDescent(damping).quantize(w, spec, m);
      double least = MomentMath.error(w, q, m);
      for (int i = 0; i < q.values().length; i++) {
        byte was = q.values()[i];
        for (int v = spec.least(); v <= spec.most(); v++) {
          q.values()[i] = (byte) v;
          assertTrue(MomentMath.error(w, q, m) >= least * (1 - 1e-4), g + " weight " + i);
        }
        q.values()[i] = was;
      }
    }
  }

  @Test
  void aWholeGridIsFoundAgain() {
    WeightSpec spec = new WeightSpec(4, true, Granularity.CHANNEL, 0);
    float[] values = new float[32];
    Random random = new Random(8);
    for (int i = 0; i < values.length; i++) {
      values[i] = (random.nextInt(15) - 7) * (i < 16 ? 0.5f : 0.031f);
    }
    values[0] = 3.5f;
    values[16] = 7 * 0.031f;
    FloatMatrix w = new FloatMatrix(values, 2, 16);
    InputMoments m = moments(random, 16, 1, 40);
    for (WeightQuantizer q : List.of(new MseSearch(), new Gptq(), new CoordinateDescent())) {
      QuantizedWeights found = q.quantize(w, spec, m);
      for (int i = 0; i < values.length; i++) {
        assertEquals(values[i], found.real(i / 16, i % 16), 1e-6, q.name());
      }
    }
  }

  @Test
  void mseUsesTheConstants() {
    float[] values = {1, -1, 1, -1};
    FloatMatrix w = new FloatMatrix(values, 1, 4);
    WeightSpec spec = new WeightSpec(4, true, Granularity.CHANNEL, 0);
    assertEquals(0.37755f, new MseWeights().quantize(w, spec, null).scales()[0], 1e-6);
    WeightSpec wide = new WeightSpec(8, true, Granularity.CHANNEL, 0);
    assertEquals(0.05408f, new MseWeights().quantize(w, wide, null).scales()[0], 1e-6);
    WeightSpec other = new WeightSpec(3, true, Granularity.CHANNEL, 0);
    assertThrows(IllegalArgumentException.class, () -> new MseWeights().quantize(w, other, null));
  }

  @Test
  void octavIsWhereItsErrorIsLeast() {
    Random random = new Random(9);
    float[] values = new float[5000];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    double noise = Math.pow(4, -4) / 3;
    double clip = Octav.clip(values, 0, values.length, noise);
    double best = Double.POSITIVE_INFINITY;
    double at = 0;
    for (double s = 0.5; s < 5; s += 0.001) {
      double error = 0;
      for (float v : values) {
        double a = Math.abs(v);
        error += a > s ? (a - s) * (a - s) : noise * s * s;
      }
      if (error < best) {
        best = error;
        at = s;
      }
    }
    // The iteration leaves out that weights change sides as s moves.
    assertEquals(at, clip, 0.03);
  }

  @Test
  void zerosStayZeros() {
    FloatMatrix w = new FloatMatrix(new float[16], 2, 8);
    InputMoments m = moments(new Random(1), 8, 1, 10);
    for (WeightQuantizer q : ALL) {
      for (Granularity g : Granularity.values()) {
        WeightSpec spec = new WeightSpec(4, true, g, g == Granularity.BLOCK ? 4 : 0);
        assertArrayEquals(new byte[16], q.quantize(w, spec, m).values(), q.name());
      }
    }
  }

  @Test
  void momentsThatDoNotFitAreRefused() {
    FloatMatrix w = weights(new Random(1), 4, 8);
    WeightSpec spec = new WeightSpec(4, true, Granularity.CHANNEL, 0);
    InputMoments other = moments(new Random(1), 7, 1, 10);
    InputMoments groups = moments(new Random(1), 8, 3, 10);
    for (WeightQuantizer q : List.of(new Gptq(), new CoordinateDescent())) {
      assertTrue(q.needsInputs());
      assertThrows(IllegalArgumentException.class, () -> q.quantize(w, spec, other));
      assertThrows(IllegalArgumentException.class, () -> q.quantize(w, spec, groups));
      assertThrows(IllegalArgumentException.class, () -> q.quantize(w, spec, null));
    }
  }

  @Test
  void refitGivesTheOldOutputsOnNewInputs() {
    // z = M x + c, so W M^-1 and a bias give exactly what W gave.
    Random random = new Random(10);
    int n = 6;
    int rows = 500;
    double[] mix = random.doubles((long) n * n, -0.1, 0.1).toArray();
    double[] sumX = new double[n];
    double[] sumZ = new double[n];
    double[] zz = new double[n * n];
    double[] xz = new double[n * n];
    double[][] xs = new double[rows][n];
    double[][] zs = new double[rows][n];
    for (int r = 0; r < rows; r++) {
      for (int i = 0; i < n; i++) {
        xs[r][i] = random.nextGaussian() + 1;
      }
      for (int i = 0; i < n; i++) {
        zs[r][i] = xs[r][i] + 0.3;
        for (int j = 0; j < n; j++) {
          zs[r][i] += mix[i * n + j] * xs[r][j];
        }
      }
      for (int i = 0; i < n; i++) {
        sumX[i] += xs[r][i];
        sumZ[i] += zs[r][i];
        for (int j = 0; j < n; j++) {
          zz[i * n + j] += zs[r][i] * zs[r][j];
          xz[i * n + j] += xs[r][i] * zs[r][j];
        }
      }
    }
    CrossMoments m = new CrossMoments(new InputMoments(rows, n, 1, sumZ, zz), sumX, xz);
    FloatMatrix w = weights(random, 3, n);
    float[] bias = {1, 2, 3};
    Refit refit = Refit.of(w, m, true, 1e-9);
    WeightSpec spec = new WeightSpec(8, true, Granularity.BLOCK, 1);
    QuantizedWeights q = new MseSearch().quantize(refit.weights(), spec, null);
    float[] moved = Refit.bias(w, bias, q, m);
    for (int r = 0; r < 20; r++) {
      for (int o = 0; o < 3; o++) {
        double before = bias[o];
        double after = moved[o];
        double exact = 0;
        for (int i = 0; i < n; i++) {
          before += w.get(o, i) * xs[r][i];
          after += q.real(o, i) * zs[r][i];
          exact += Math.abs(q.real(o, i) * zs[r][i]);
        }
        assertEquals(before, after, 0.01 * exact + 1e-3);
      }
    }
  }
}
