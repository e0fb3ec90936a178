// Tests of what verify makes of a reference that does not agree with itself.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.PeerFactory;
import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.GraphBuilder.Value;
import dev.sinter.graph.Shape;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.TensorSpec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class SecondOpinionTest {
  private static final Shape SHAPE = Shape.of(1, 4);

  /** A runtime that always gives the same numbers, whatever it is asked. */
  private static final class Says implements Peer {
    private final ElementType type;
    private final PeerException failure; // of each run, or null
    private final float[] values;

    private Says(ElementType type, PeerException failure, float... values) {
      this.type = type;
      this.failure = failure;
      this.values = values;
    }

    static PeerFactory floats(float... values) {
      return (name, file, shapes) -> new Says(ElementType.FLOAT32, null, values);
    }

    static PeerFactory bytes(float... values) {
      return (name, file, shapes) -> new Says(ElementType.INT8, null, values);
    }

    @Override
    public String name() {
      return "fake";
    }

    @Override
    public List<TensorSpec> inputs() {
      return List.of(new TensorSpec("x", ElementType.FLOAT32, SHAPE, 0, 0));
    }

    @Override
    public ByteBuffer input(int index) {
      return ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
    }

    @Override
    public void setStrings(int index, ByteBuffer packed) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<TensorSpec> outputs() {
      return List.of(new TensorSpec("y", type, SHAPE, 0, 0));
    }

    @Override
    public void invoke() {
      if (failure != null) {
        throw failure;
      }
    }

    @Override
    public ByteBuffer output(int index) {
      ByteBuffer b = ByteBuffer.allocate(16).order(ByteOrder.nativeOrder());
      for (float v : values) {
        if (type == ElementType.FLOAT32) {
          b.putFloat(v);
        } else {
          b.put((byte) v);
        }
      }
      return b.flip();
    }

    @Override
    public void resetVariables() {}

    @Override
    public void close() {}
  }

  private static Verdict verdict(
      PeerFactory ours, PeerFactory reference, PeerFactory again, PeerFactory others) {
    GraphBuilder b = Graph.builder("model");
    Value x = b.input("x", ElementType.FLOAT32, 1, 4);
    byte[] file = TfliteWriter.toBytes(x.add(x, Activation.NONE).output("y").build());
    SecondOpinion second = new SecondOpinion(again, others, null);
    return new Verifier(ours, reference, InputSource.random(2, 1), 1e-4, second)
        .verify("model", file);
  }

  private static final PeerFactory FIRST = Says.floats(1, 2, 3, 4);

  @Test
  void whatTheReferenceRefusesWhenItRunsIsRefusedByBoth() {
    PeerException unknown = new PeerException("an op nobody knows", true, null);
    PeerFactory ours =
        (name, file, shapes) -> {
          throw unknown;
        };
    PeerFactory refuses = (name, file, shapes) -> new Says(ElementType.FLOAT32, unknown, 1);
    assertEquals(Verdict.Status.REFUSED_BY_BOTH, verdict(ours, refuses, FIRST, FIRST).status());
    assertEquals(Verdict.Status.UNSUPPORTED, verdict(ours, FIRST, FIRST, FIRST).status());
  }

  @Test
  void aReferenceThatGivesOtherValuesEachTimeIsNoReference() {
    Verdict v = verdict(Says.floats(1, 2, 3, 5), FIRST, Says.floats(1, 2, 3, 4.5f), FIRST);
    assertEquals(Verdict.Status.REFERENCE_VARIES, v.status());
    assertTrue(v.message().contains("0.500"), v.message());
    assertTrue(v.passes(false));
  }

  @Test
  void kernelsOfTheReferenceAsFarApartAsOursAreClose() {
    Verdict v = verdict(Says.floats(1, 2, 3, 4.01f), FIRST, FIRST, Says.floats(1, 2.01f, 3, 4));
    assertEquals(Verdict.Status.CLOSE, v.status());
    assertTrue(v.message().contains("0.00500 apart"), v.message());
  }

  @Test
  void aDifferenceFarBeyondTheReferencesOwnStays() {
    Verdict v = verdict(Says.floats(1, 2, 3, 4.1f), FIRST, FIRST, Says.floats(1, 2.01f, 3, 4));
    assertEquals(Verdict.Status.DIFFERENT, v.status());
    assertTrue(v.message().contains("element 3"), v.message());
  }

  @Test
  void kernelsThatAreFarApartAllowNothing() {
    Verdict v = verdict(Says.floats(9, 2, 3, 4), FIRST, FIRST, Says.floats(1, 2, 9, 4));
    assertEquals(Verdict.Status.DIFFERENT, v.status());
  }

  @Test
  void manyOpsThatAreCloseAddUp() {
    // One op, which is close alone: to the op the runtimes say the same, to the whole they do not.
    int[] asked = new int[1];
    PeerFactory ours =
        (name, file, shapes) ->
            new Says(ElementType.FLOAT32, null, 1, 2, 3, ++asked[0] == 2 ? 4 : 4.002f);
    GraphBuilder b = Graph.builder("model");
    Value x = b.input("x", ElementType.FLOAT32, 1, 4);
    byte[] file = TfliteWriter.toBytes(x.add(x, Activation.NONE).output("y").build());
    InputSource inputs = InputSource.random(2, 1);
    OpVerifier ops = new OpVerifier(new Verifier(ours, FIRST, inputs, 1e-4), FIRST, inputs, inputs);
    Verdict v =
        new Verifier(ours, FIRST, inputs, 1e-4, new SecondOpinion(FIRST, FIRST, ops))
            .verify("model", file);
    assertEquals(Verdict.Status.CLOSE, v.status());
    assertTrue(v.message().contains("each op alone"), v.message());
    assertEquals(3, asked[0]);
  }

  @Test
  void integersAreEqualOrDifferent() {
    PeerFactory first = Says.bytes(1, 2, 3, 4);
    Verdict v = verdict(Says.bytes(1, 2, 3, 5), first, first, Says.bytes(1, 2, 4, 4));
    assertEquals(Verdict.Status.DIFFERENT, v.status());
  }

  @Test
  void aNanThatTheReferenceDoesNotHaveStays() {
    Verdict v = verdict(Says.floats(1, 2, 3, Float.NaN), FIRST, FIRST, Says.floats(1, 2.01f, 3, 4));
    assertEquals(Verdict.Status.DIFFERENT, v.status());
  }

  @Test
  void oneOpinionIsEnoughWhereThereIsNoOther() {
    PeerFactory refuses =
        (name, file, shapes) -> {
          throw new PeerException("refused");
        };
    assertEquals(
        Verdict.Status.DIFFERENT,
        verdict(Says.floats(1, 2, 3, 5), FIRST, refuses, refuses).status());
    assertEquals(
        Verdict.Status.DIFFERENT, verdict(Says.floats(1, 2, 3, 5), FIRST, FIRST, refuses).status());
  }
}
