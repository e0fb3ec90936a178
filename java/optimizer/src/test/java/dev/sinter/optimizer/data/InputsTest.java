// Tests of data sets, pictures, quantizing and random inputs.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.optimizer.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sinter.graph.Activation;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphBuilder;
import dev.sinter.graph.Shape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputsTest {
  @TempDir private Path folder;

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  @Test
  void quantizesWithTheTensorsParameters() {
    TensorSpec t = new TensorSpec("x", ElementType.INT8, Shape.of(1, 4), 0.5f, 10);
    ByteBuffer out = direct(4);
    ByteBuffer stored = ByteBuffer.wrap(new byte[] {0, 1, (byte) 200, (byte) 255});
    Quantizing.write(stored, ElementType.UINT8, new Quantizing.Real(1, -2), t, out);
    // real -2, -1, 198, 253; divided by 0.5 and moved by 10: 6, 8, 406, 516; clamped.
    assertEquals(ByteBuffer.wrap(new byte[] {6, 8, 127, 127}), out);
  }

  @Test
  void floatInputsGetRealValues() {
    TensorSpec t = new TensorSpec("x", ElementType.FLOAT32, Shape.of(1, 2), 0, 0);
    ByteBuffer out = direct(8);
    Quantizing.write(
        ByteBuffer.wrap(new byte[] {-1, 2}), ElementType.INT8, new Quantizing.Real(0.5, 1), t, out);
    assertEquals(0.5f, out.getFloat(0));
    assertEquals(2f, out.getFloat(4));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            Quantizing.write(
                ByteBuffer.wrap(new byte[3]), ElementType.INT8, Quantizing.Real.AS_STORED, t, out));
  }

  @Test
  void picturesKeepTheirPixelsAndAreScaled() throws IOException {
    BufferedImage image = new BufferedImage(4, 2, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < 2; y++) {
      for (int x = 0; x < 4; x++) {
        image.setRGB(x, y, (10 * x) << 16 | (20 * y) << 8 | 77);
      }
    }
    Path file = folder.resolve("a.png");
    ImageIO.write(image, "png", file.toFile());
    byte[] rgb = Pictures.read(file, 2, 4, 3);
    assertArrayEquals(new byte[] {30, 20, 77}, new byte[] {rgb[21], rgb[22], rgb[23]});
    assertEquals(8, Pictures.read(file, 2, 4, 1).length);
    byte[] small = Pictures.read(file, 1, 2, 3);
    assertEquals(6, small.length);
    assertTrue(small[3] > small[0], "left is darker than right");
    Files.writeString(folder.resolve("b.png"), "no picture");
    assertThrows(IOException.class, () -> Pictures.read(folder.resolve("b.png"), 1, 1, 3));
  }

  @Test
  void dataSetsOfRawBytes() throws IOException {
    Files.writeString(
        folder.resolve("dataset.json"),
        "{\"format\":1,\"name\":\"n\",\"label_offset\":1,\"real\":{\"scale\":2,\"offset\":3},\"splits\":{\"test\":"
            + "{\"inputs\":[{\"file\":\"x.u8\",\"type\":\"uint8\",\"shape\":[2]}],"
            + "\"labels\":{\"file\":\"l.txt\",\"type\":\"text\"}}}}");
    Files.write(folder.resolve("x.u8"), new byte[] {1, 2, 3, 4});
    Files.writeString(folder.resolve("l.txt"), "5\n6\n", StandardCharsets.UTF_8);
    Dataset set = Dataset.open(folder, "test");
    assertEquals(2, set.size());
    assertEquals(7, set.label(1));
    ByteBuffer out = direct(8);
    set.write(1, new TensorSpec("x", ElementType.FLOAT32, Shape.of(1, 2), 0, 0), out);
    assertEquals(9f, out.getFloat(0));
    assertEquals(11f, out.getFloat(4));
    assertThrows(IOException.class, () -> Dataset.open(folder, "train"));
    Files.writeString(folder.resolve("l.txt"), "5\n", StandardCharsets.UTF_8);
    assertThrows(IOException.class, () -> Dataset.open(folder, "test"));
  }

  @Test
  void randomInputsAreTheSameForTheSameSeedAndWithinTheirRange() {
    ByteBuffer a = direct(4000);
    ByteBuffer b = direct(4000);
    new RandomInputs(5).fill(a, ElementType.FLOAT32, new InputRange(-3, 2));
    new RandomInputs(5).fill(b, ElementType.FLOAT32, new InputRange(-3, 2));
    assertEquals(a, b);
    boolean[] seen = new boolean[256];
    ByteBuffer bytes = direct(20000);
    new RandomInputs(5).fill(bytes, ElementType.INT8, new InputRange(-128, 127));
    for (int i = 0; i < 20000; i++) {
      seen[bytes.get(i) + 128] = true;
    }
    for (int i = 0; i < 256; i++) {
      assertTrue(seen[i], "value " + (i - 128));
    }
    for (int i = 0; i < 1000; i++) {
      assertTrue(a.getFloat(4 * i) >= -3 && a.getFloat(4 * i) <= 2);
    }
  }

  @Test
  void rangesComeFromTheModel() {
    GraphBuilder b = Graph.builder("g");
    b.input("x", ElementType.FLOAT32, 1, 4).quantize(ElementType.INT8, 0.5f, 28).output("a");
    GraphBuilder.Value f = b.input("y", ElementType.FLOAT32, 1, 4);
    f.add(f, Activation.NONE).output("b");
    List<InputRange> ranges = InputRange.of(b.build());
    assertEquals(new InputRange(-78, 49.5), ranges.get(0));
    assertEquals(InputRange.UNIT, ranges.get(1));
  }

  @Test
  void bestClasses() {
    double[] scores = {0.1, 0.5, 0.5, 0.2};
    assertEquals(1, Scores.best(scores));
    assertEquals(
        List.of(1, 2, 3), Scores.top(scores, 3).stream().map(Scores.Score::index).toList());
  }
}
