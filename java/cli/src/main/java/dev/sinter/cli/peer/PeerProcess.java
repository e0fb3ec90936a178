// The child process of GuardedPeer: runs TFLite at the word of its parent, over standard input and
// output.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.peer;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Shape;
import dev.sinter.optimizer.data.TensorSpec;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A process that may die with TFLite. Requests and answers are those {@link GuardedPeer} writes and
 * reads.
 */
final class PeerProcess {
  static final int OPEN = 1;
  static final int RUN = 2;
  static final int RESET = 3;
  static final int CLOSE = 4;
  static final int DONE = 100;
  static final int REFUSED = 101;

  private PeerProcess() {}

  /**
   * Serves until its input ends.
   *
   * @param args none
   * @throws IOException if the parent is gone
   */
  public static void main(String[] args) throws IOException {
    DataInputStream in = new DataInputStream(new BufferedInputStream(System.in, 1 << 16));
    DataOutputStream out = new DataOutputStream(new BufferedOutputStream(System.out, 1 << 16));
    // Whatever else prints must not get into the answers.
    System.setOut(new PrintStream(System.err, true, StandardCharsets.UTF_8));
    TflitePeer peer = null;
    while (true) {
      int request;
      try {
        request = in.readInt();
      } catch (EOFException end) {
        return;
      }
      try {
        switch (request) {
          case OPEN -> {
            peer = open(in);
            List<TensorSpec> outputs = peer.outputs();
            out.writeInt(DONE);
            writeSpecs(out, peer.inputs());
            writeSpecs(out, outputs);
          }
          case RUN -> run(peer, in, out);
          case RESET -> {
            peer.resetVariables();
            out.writeInt(DONE);
          }
          case CLOSE -> {
            peer.close();
            peer = null;
            out.writeInt(DONE);
          }
          default -> throw new IOException("unknown request " + request);
        }
      } catch (PeerException e) {
        out.writeInt(REFUSED);
        out.writeUTF(shortened(e.getMessage()));
      } catch (RuntimeException e) {
        out.writeInt(REFUSED);
        out.writeUTF(shortened("TFLite harness: " + e));
      }
      out.flush();
    }
  }

  private static void run(TflitePeer peer, DataInputStream in, DataOutputStream out)
      throws IOException {
    List<byte[]> values = new ArrayList<>();
    for (int i = 0; i < peer.inputs().size(); i++) {
      values.add(in.readNBytes(in.readInt()));
    }
    for (int i = 0; i < values.size(); i++) {
      if (peer.inputs().get(i).type() == ElementType.STRING) {
        peer.setStrings(i, ByteBuffer.wrap(values.get(i)));
      } else {
        peer.input(i).put(values.get(i));
      }
    }
    peer.invoke();
    List<TensorSpec> specs = peer.outputs();
    out.writeInt(DONE);
    writeSpecs(out, specs);
    for (int i = 0; i < specs.size(); i++) {
      write(out, peer.output(i));
    }
  }

  private static TflitePeer open(DataInputStream in) throws IOException {
    byte[] file = in.readNBytes(in.readInt());
    TflitePeer.Kernels kernels = TflitePeer.Kernels.valueOf(in.readUTF());
    int threads = in.readInt();
    List<Shape> shapes = new ArrayList<>();
    for (int n = in.readInt(); n > 0; n--) {
      shapes.add(readShape(in));
    }
    return TflitePeer.open(file, kernels, threads, shapes);
  }

  static void writeShape(DataOutputStream out, Shape shape) throws IOException {
    out.writeInt(shape.rank());
    for (int d : shape.toArray()) {
      out.writeInt(d);
    }
  }

  static Shape readShape(DataInputStream in) throws IOException {
    int[] dims = new int[in.readInt()];
    for (int d = 0; d < dims.length; d++) {
      dims[d] = in.readInt();
    }
    return Shape.of(dims);
  }

  private static void writeSpecs(DataOutputStream out, List<TensorSpec> specs) throws IOException {
    out.writeInt(specs.size());
    for (TensorSpec s : specs) {
      out.writeUTF(shortened(s.name()));
      out.writeUTF(s.type().name());
      writeShape(out, s.shape());
      out.writeFloat(s.scale());
      out.writeInt(s.zeroPoint());
    }
  }

  static void write(DataOutputStream out, ByteBuffer values) throws IOException {
    byte[] bytes = new byte[values.remaining()];
    values.duplicate().get(bytes);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String shortened(String text) {
    return text.length() <= 8000 ? text : text.substring(0, 8000);
  }
}
