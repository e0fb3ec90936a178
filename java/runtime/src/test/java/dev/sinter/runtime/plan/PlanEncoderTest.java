// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.runtime.SinterException;
import dev.sinter.runtime.Target;
import dev.sinter.runtime.catalogue.FieldSpec;
import dev.sinter.runtime.catalogue.OpSpec;
import dev.sinter.runtime.lower.Lowering;
import dev.sinter.runtime.lower.Step;
import dev.sinter.runtime.plan.PlanEncoder.Binding;
import dev.sinter.runtime.plan.PlanEncoder.Call;
import dev.sinter.runtime.plan.PlanEncoder.Slot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The bytes are those of docs/plan.md. */
class PlanEncoderTest {
  @Test
  void recordsFollowOneAnother() {
    ByteBuffer params = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putInt(0, 77);
    ByteBuffer plan =
        PlanEncoder.encode(
            0x1122334455667788L,
            192,
            List.of(new Slot(Slot.Kind.BINDING, 1, 0, 16), new Slot(Slot.Kind.ARENA, 0, 64, 128)),
            List.of(new Binding(false, 16, -1), new Binding(true, 24, -1)),
            List.of(new Call(5, 9, 1234.5, params, List.of(1, 0))));
    assertTrue(plan.isDirect());
    assertEquals(48 + 2 * 24 + 2 * 24 + 24 + 2 * 4 + 8, plan.remaining());
    assertEquals("STNP", ascii(plan, 4));
    assertEquals(2, plan.getInt());
    assertEquals(0x1122334455667788L, plan.getLong());
    assertEquals(plan.limit(), plan.getLong());
    assertEquals(192, plan.getLong());
    assertEquals(List.of(2, 2, 1, 0), ints(plan, 4));
    assertEquals(List.of(2, 1), ints(plan, 2));
    assertEquals(0, plan.getLong());
    assertEquals(16, plan.getLong());
    assertEquals(List.of(0, 0), ints(plan, 2));
    assertEquals(64, plan.getLong());
    assertEquals(128, plan.getLong());
    assertEquals(List.of(0, 0), ints(plan, 2));
    assertEquals(16, plan.getLong());
    assertEquals(-1, plan.getLong());
    assertEquals(List.of(1, 0), ints(plan, 2));
    assertEquals(24, plan.getLong());
    assertEquals(-1, plan.getLong());
    assertEquals(List.of(5, 2, 8, 9, 1234, 0), ints(plan, 6));
    assertEquals(List.of(1, 0), ints(plan, 2));
    assertEquals(List.of(77, 0), ints(plan, 2));
    assertFalse(plan.hasRemaining());
  }

  private static String ascii(ByteBuffer bytes, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append((char) bytes.get());
    }
    return text.toString();
  }

  private static List<Integer> ints(ByteBuffer bytes, int count) {
    Integer[] values = new Integer[count];
    for (int i = 0; i < count; i++) {
      values[i] = bytes.getInt();
    }
    return List.of(values);
  }

  private static Step addition() {
    GraphBuilder b = Graph.builder("add");
    GraphBuilder.Value x = b.input("x", ElementType.FLOAT32, 2, 3);
    Graph graph = x.add(x, Activation.RELU6).output("y").build();
    return Lowering.lower(graph, Map.of()).steps().get(0);
  }

  @Test
  void parametersStandWhereTheCatalogueSays() {
    OpSpec op = Target.local().catalogue().op("add");
    ByteBuffer params = PlanEncoder.params(op, addition()).order(ByteOrder.LITTLE_ENDIAN);
    assertEquals(op.paramsBytes(), params.remaining());
    assertEquals(6, params.getInt(op.field("d5").offset()));
    assertEquals(6f, params.getFloat(op.field("act_max").offset()));
    assertEquals(0f, params.getFloat(op.field("act_min").offset()));
  }

  @Test
  void aFieldThatOneSideDoesNotKnowIsAnError() {
    OpSpec op = Target.local().catalogue().op("add");
    Map<String, FieldSpec> more = new LinkedHashMap<>(op.fields());
    more.put("speed", new FieldSpec("speed", false, 0, false));
    Step step = addition();
    SinterException e =
        assertThrows(
            SinterException.class,
            () -> PlanEncoder.params(new OpSpec("add", 112, more, op.slots()), step));
    assertTrue(e.getMessage().contains("'speed'"), e.getMessage());
    Map<String, FieldSpec> fewer = new LinkedHashMap<>(op.fields());
    fewer.remove("a_stride3");
    e =
        assertThrows(
            SinterException.class,
            () -> PlanEncoder.params(new OpSpec("add", 112, fewer, op.slots()), step));
    assertTrue(e.getMessage().contains("'a_stride3'"), e.getMessage());
  }
}
