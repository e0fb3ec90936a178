// What the debugger measures, and how it says what is wrong with its inputs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.debug;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Graph;
import java.util.List;
import org.junit.jupiter.api.Test;

class DebuggerTest {
  private static final DebugOptions FAST =
      DebugOptions.DEFAULT.withRanking(0, 1, 1).withTimingRuns(0);

  @Test
  void aModelAgainstItself() {
    Graph g = new Chain(2).floats();
    DebugReport r = new Debugger(FAST).debug(g, g, Chain.examples(4));
    assertEquals(0, r.outputNoise());
    assertEquals(1 + Chain.LAYERS, r.layers().size());
    for (LayerReport l : r.layers()) {
      assertEquals(0, l.cumulative().noise());
      assertTrue(l.opIndex() < 0 || l.own().noise() < 1e-12, l::name);
    }
    assertTrue(r.worst().isEmpty());
  }

  @Test
  void ownErrorsOfAHealthyModelAreThoseOfRounding() {
    Chain chain = new Chain(2);
    DebugReport r = new Debugger(FAST).debug(chain.floats(), chain.int8(), Chain.examples(32));
    for (LayerReport l : r.layers().subList(1, r.layers().size())) {
      double steps = l.own().rmseOverScale(l.scale());
      assertTrue(steps > 0.1 && steps < 0.8, l.name() + ": " + steps);
      assertTrue(l.local().noise() >= l.own().noise() * 0.8, l.name());
      assertTrue(l.weights().snrDb() > 35, l.name());
      assertEquals(Chain.WIDTH, l.weights().scales());
    }
    assertTrue(
        r.layers().get(5).cumulative().noise() > r.layers().get(5).local().noise(),
        "errors of layers before add up");
    assertNull(r.layers().get(0).own());
    assertEquals("INPUT", r.layers().get(0).op());
    assertEquals(24 * 24 + 24 * 4, r.layers().get(1).bytes());
    assertEquals(24 * 24 * 4 + 24 * 4, r.layers().get(1).referenceBytes());
    assertEquals(List.of(0), r.layers().get(1).inputs());
  }

  @Test
  void lessMemoryGivesTheSame() {
    Chain chain = new Chain(2);
    DebugReport all = new Debugger(FAST).debug(chain.floats(), chain.int8(), Chain.examples(5));
    DebugReport one =
        new Debugger(FAST.withMemory(0)).debug(chain.floats(), chain.int8(), Chain.examples(5));
    assertEquals(all, one);
  }

  @Test
  void equalInputsGiveEqualReports() {
    Chain chain = new Chain(3);
    DebugOptions ranked = DebugOptions.DEFAULT.withTimingRuns(0);
    DebugReport a = new Debugger(ranked).debug(chain.floats(), chain.int8(), Chain.examples(8));
    DebugReport b = new Debugger(ranked).debug(chain.floats(), chain.int8(), Chain.examples(8));
    assertEquals(a.ranking(), b.ranking());
    assertEquals(a.layers(), b.layers());
  }

  @Test
  void allLayersLeftOutIsTheReference() {
    Chain chain = new Chain(2);
    ModelMatch match = ModelMatch.of(chain.floats(), chain.int8());
    List<Part> parts = Part.of(match).stream().filter(p -> p.op() >= 0).toList();
    Graph mixed = MixedModel.of(match, parts);
    DebugReport r = new Debugger(FAST).debug(chain.floats(), mixed, Chain.examples(8));
    // Only the input and the output are rounded: 8 bits of about 4 standard deviations.
    assertTrue(ErrorMetrics.decibels(r.outputNoise()) > 36, "" + r.outputNoise());
    assertEquals(5, mixed.ops().stream().filter(o -> o.inputs().size() == 3).count());
    assertEquals(1 + 5 + 1, mixed.ops().size(), "no detour between layers that are put back");
  }

  @Test
  void anInputThatIsNoNumber() {
    Chain chain = new Chain(2);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> new Debugger(FAST).debug(chain.floats(), chain.int8(), Chain.source(4, 2)))
            .getMessage();
    assertTrue(message.contains("example 2: element 3 of input 'x' is NaN"), message);
  }
}
