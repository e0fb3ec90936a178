// Damaged model files: they are refused with a message, whatever was damaged.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.differential;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.sinter.cli.differential.random.RandomModels;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.SinterPeer;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.data.InputRange;
import dev.sinter.optimizer.data.RandomInputs;
import dev.sinter.runtime.Options;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Bytes of small models are changed, cut, repeated. A model that still loads is also run: nothing
 * in it may reach memory that is not its own.
 */
class HostileModelTest {
  private static final int COUNT = Integer.getInteger("sinter.hostile.count", 3000);
  private static final long SEED = Long.getLong("sinter.hostile.seed", 1);

  @Test
  void damagedFilesAreRefusedOrRun() {
    // Damaged loops and ranges may rightly run for hours or fill the memory: cancel() is for that.
    List<String> names =
        RandomModels.names().stream()
            .filter(n -> !n.startsWith("WHILE") && !n.startsWith("range"))
            .toList();
    Random random = new Random(SEED);
    int loaded = 0;
    int refused = 0;
    for (int i = 0; i < COUNT; i++) {
      String kind = names.get(i % names.size());
      byte[] file = TfliteWriter.toBytes(RandomModels.make(kind, i / names.size() % 7));
      byte[] damaged = damage(file, random);
      String name = "damaged-" + kind + "-" + i;
      try (SinterPeer peer = SinterPeer.open(name, damaged, Options.DEFAULT)) {
        run(peer);
        loaded++;
      } catch (PeerException e) {
        refused++;
        assertTrue(
            e.getMessage() != null && e.getMessage().length() > 10,
            name + " is refused without a reason");
      } catch (RuntimeException | Error e) {
        fail(name + ": " + e + "; saved as " + save(name, damaged), e);
      }
    }
    System.out.println(COUNT + " damaged files: " + refused + " refused, " + loaded + " still run");
    assertTrue(refused > COUNT / 10, "damage that is not seen is no test");
  }

  private static Path save(String name, byte[] file) {
    try {
      Path folder = Files.createDirectories(Path.of("target", "differential"));
      return Files.write(folder.resolve(name.replace(' ', '-') + ".tflite"), file).toAbsolutePath();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void run(SinterPeer peer) {
    RandomInputs inputs = new RandomInputs(1);
    for (int i = 0; i < peer.inputs().size(); i++) {
      ByteBuffer values = peer.input(i);
      inputs.fill(values, ElementType.INT8, new InputRange(-128, 127));
    }
    peer.invoke();
  }

  private static byte[] damage(byte[] file, Random random) {
    byte[] out = file.clone();
    switch (random.nextInt(5)) {
      case 0 -> {
        return java.util.Arrays.copyOf(out, random.nextInt(out.length));
      }
      case 1 -> {
        for (int n = 1 + random.nextInt(4); n > 0; n--) {
          out[random.nextInt(out.length)] = (byte) random.nextInt();
        }
      }
      case 2 -> {
        int at = random.nextInt(out.length - 4) & ~3;
        int[] values = {0, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1 << 30, out.length, 65536};
        ByteBuffer.wrap(out)
            .order(java.nio.ByteOrder.LITTLE_ENDIAN)
            .putInt(at, values[random.nextInt(values.length)]);
      }
      case 3 -> out[random.nextInt(out.length)] ^= (byte) (1 << random.nextInt(8));
      default -> {
        int length = 1 + random.nextInt(Math.min(64, out.length / 2));
        int from = random.nextInt(out.length - length);
        int to = random.nextInt(out.length - length);
        System.arraycopy(file, from, out, to, length);
      }
    }
    return out;
  }
}
