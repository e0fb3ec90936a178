// One model, many threads; and runs that leave nothing behind.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.sinter.cli.differential.random.RandomModels;
import dev.sinter.graph.Graph;
import dev.sinter.runtime.Model;
import dev.sinter.runtime.Options;
import dev.sinter.runtime.Session;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class SharingTest {
  private static final int THREADS = 16;
  private static final int INPUTS = 8;
  private static final int RUNS = 60;

  private static byte[] run(Session session, byte[] input) {
    session.input(0).clear().put(input);
    session.run();
    byte[] out = new byte[session.output(0).capacity()];
    session.output(0).duplicate().clear().get(out);
    return out;
  }

  private static List<byte[]> inputs(Session session) {
    List<byte[]> inputs = new ArrayList<>();
    Random random = new Random(1);
    for (int i = 0; i < INPUTS; i++) {
      byte[] input = new byte[session.input(0).capacity()];
      random.nextBytes(input);
      inputs.add(input);
    }
    return inputs;
  }

  private static void sixteenThreads(Graph graph, Options options) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try (Model model = Model.load(graph, options);
        Session first = model.newSession()) {
      List<byte[]> inputs = inputs(first);
      List<ByteBuffer> expected = new ArrayList<>();
      for (byte[] input : inputs) {
        expected.add(ByteBuffer.wrap(run(first, input)));
      }
      List<Future<Integer>> done = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        int offset = t;
        done.add(
            pool.submit(
                () -> {
                  int equal = 0;
                  try (Session own = model.newSession()) {
                    for (int n = 0; n < RUNS; n++) {
                      int i = (n + offset) % INPUTS;
                      equal +=
                          ByteBuffer.wrap(run(own, inputs.get(i))).equals(expected.get(i)) ? 1 : 0;
                    }
                  }
                  return equal;
                }));
      }
      for (Future<Integer> f : done) {
        assertEquals(RUNS, f.get());
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void sixteenThreadsOnOneModel() throws Exception {
    sixteenThreads(RandomModels.make("chain int8", 3), Options.DEFAULT);
    sixteenThreads(SparseModels.fullyConnected(1, 256, 256, 0.8, true, 1), Options.DEFAULT);
    sixteenThreads(RandomModels.make("CONV_2D int8", 4), Options.builder().threads(2).build());
  }

  @Test
  void steadyRunsAllocateNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Model model = Model.load(RandomModels.make("FULLY_CONNECTED int8", 2), Options.DEFAULT);
        Session session = model.newSession()) {
      for (int i = 0; i < 50_000; i++) {
        session.run();
      }
      int runs = 100_000;
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < runs; i++) {
        session.run();
      }
      double perRun = (double) (threads.getCurrentThreadAllocatedBytes() - before) / runs;
      System.out.println("allocated " + perRun + " B per run");
      assertTrue(perRun < 1, perRun + " B per run");
    }
  }
}
