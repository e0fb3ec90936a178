// SPDX-License-Identifier: Apache-2.0

package dev.sinter.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Graph;
import dev.sinter.graph.Shape;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Lifetimes, threads and memory of sessions, on a model of two additions. */
class SessionTest {
  private static Model model(Options options) {
    return Model.load(TestGraphs.additions(), options);
  }

  @Test
  void runsOnItsOwnBuffersAndOnTheCallers() {
    try (Model model = model(Options.DEFAULT);
        Session session = model.newSession()) {
      session.input("x").asFloatBuffer().put(new float[] {1, 2, 3, 4});
      session.run();
      assertEquals(3 * 2f, session.output(0).getFloat(4));
      ByteBuffer in = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
      ByteBuffer out = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
      in.putFloat(0, 5f);
      session.bindInput(0, in);
      session.bindOutput(0, out);
      session.run();
      assertEquals(15f, out.getFloat(0));
      session.bindInput(0, null);
      session.bindOutput(0, null);
      session.run();
      assertEquals(3f, session.output(0).getFloat(0));
    }
  }

  @Test
  void misuseIsExplained() {
    Model model = model(Options.DEFAULT);
    Session session = model.newSession();
    assertThrows(SinterException.class, () -> session.input(1));
    assertThrows(SinterException.class, () -> session.input("y"));
    assertThrows(SinterException.class, () -> session.bindInput(0, ByteBuffer.allocate(16)));
    assertThrows(SinterException.class, () -> session.bindInput(0, ByteBuffer.allocateDirect(15)));
    ByteBuffer view = session.output(0);
    model.close();
    model.close();
    session.run(); // the session keeps what it needs
    session.close();
    session.close();
    SinterException e = assertThrows(SinterException.class, session::run);
    assertEquals(Status.INVALID_HANDLE, e.status());
    assertEquals(0f, view.getFloat(0) * 0f); // still readable
    assertThrows(SinterException.class, model::newSession);
  }

  @Test
  void otherShapesMakeOtherPlans() {
    try (Model model = model(Options.DEFAULT);
        Session session = model.newSession(Map.of(0, Shape.of(3, 4)))) {
      assertEquals(Shape.of(3, 4), session.outputs().get(0).shape());
      session.input(0).putFloat(44, 2f);
      session.run();
      assertEquals(6f, session.output(0).getFloat(44));
      for (int i = 1; i < 12; i++) {
        try (Session other = model.newSession(Map.of(0, Shape.of(i, 4)))) {
          other.run();
        }
      }
      session.run();
    }
  }

  @Test
  void manyThreadsOnOneModelAgree() throws Exception {
    try (Model model = model(Options.builder().threads(2).build())) {
      ExecutorService pool = Executors.newFixedThreadPool(16);
      List<Future<float[]>> results = new ArrayList<>();
      for (int t = 0; t < 16; t++) {
        results.add(
            pool.submit(
                () -> {
                  try (Session session = model.newSession()) {
                    float[] out = new float[4];
                    for (int i = 0; i < 2000; i++) {
                      session.input(0).asFloatBuffer().put(new float[] {i, 1, 2, 3});
                      session.run();
                      session.output(0).asFloatBuffer().get(out);
                      assertEquals(3f * i, out[0]);
                    }
                    return out;
                  }
                }));
      }
      for (Future<float[]> result : results) {
        assertArrayEquals(results.get(0).get(), result.get());
      }
      pool.shutdown();
    }
  }

  @Test
  void aRunAllocatesNothing() {
    com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Model model = model(Options.DEFAULT);
        Session session = model.newSession()) {
      for (int i = 0; i < 20_000; i++) {
        session.run();
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 100_000; i++) {
        session.run();
      }
      long perRun = (threads.getCurrentThreadAllocatedBytes() - before) / 100_000;
      assertEquals(0, perRun, "bytes per run");
    }
  }

  /** The heap of the tests has a fixed size that is touched at the start: what grows is native. */
  @Test
  void loadingAndRunningLeaveMemoryFlat() throws Exception {
    for (int i = 0; i < 1_000; i++) {
      loadRunClose(10);
    }
    long before = Rss.bytes();
    for (int i = 0; i < 10_000; i++) {
      loadRunClose(100);
    }
    long grown = Rss.bytes() - before;
    System.out.println("10,000 models loaded, 1,000,000 runs: " + grown / 1024 + " KiB more");
    assertTrue(grown < 32 << 20, "grew by " + grown + " bytes over 10,000 loads");
  }

  private static void loadRunClose(int runs) {
    try (Model model = model(Options.DEFAULT);
        Session session = model.newSession()) {
      for (int i = 0; i < runs; i++) {
        session.run();
      }
    }
  }

  @Test
  void aForgottenCloseIsReportedAndReleased() throws Exception {
    java.util.logging.Logger logger = java.util.logging.Logger.getLogger(Owned.class.getName());
    List<String> messages = new java.util.concurrent.CopyOnWriteArrayList<>();
    java.util.logging.Handler handler =
        new java.util.logging.Handler() {
          @Override
          public void publish(java.util.logging.LogRecord record) {
            messages.add(record.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
    try (Model model = model(Options.DEFAULT)) {
      forget(model);
      for (int i = 0; i < 100 && messages.isEmpty(); i++) {
        System.gc();
        Thread.sleep(20);
      }
    } finally {
      logger.removeHandler(handler);
      logger.setUseParentHandlers(true);
    }
    assertTrue(messages.size() == 1 && messages.get(0).contains("never closed"), "" + messages);
  }

  @SuppressWarnings({"MustBeClosedChecker", "resource"})
  private static void forget(Model model) {
    model.newSession().run();
  }

  @Test
  void profileNamesEveryStep() {
    try (Model model = model(Options.builder().profile(true).build());
        Session session = model.newSession()) {
      session.run();
      List<Session.StepTime> times = session.profile();
      assertEquals(model.report().steps().size(), times.size());
      assertTrue(times.stream().allMatch(t -> t.nanos() >= 0));
    }
  }

  @Test
  void unknownOpsAreNamed() {
    Graph graph = TestGraphs.withUnsupportedOp();
    SinterException e =
        assertThrows(SinterException.class, () -> Model.load(graph, Options.DEFAULT));
    assertEquals(Status.UNSUPPORTED, e.status());
    assertTrue(e.getMessage().contains("PLACEHOLDER_FOR_GREATER_OP_CODES"), e.getMessage());
  }
}
