// TFLite in a process of its own, so that a file it cannot bear ends that process and not this one.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.peer;

import dev.sinter.graph.ElementType;
import dev.sinter.graph.Shape;
import dev.sinter.optimizer.data.TensorSpec;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A model in TFLite in another process. One {@link Host} serves one model after the other. */
public final class GuardedPeer implements Peer {
  private final Host host;
  private final String name;
  private final List<TensorSpec> inputs;
  private final ByteBuffer[] inputBuffers;
  private List<TensorSpec> outputs;
  private ByteBuffer[] outputBuffers = new ByteBuffer[0];
  private boolean closed;

  private GuardedPeer(Host host, String name, List<TensorSpec> inputs, List<TensorSpec> outputs) {
    this.host = host;
    this.name = name;
    this.inputs = inputs;
    this.outputs = outputs;
    this.inputBuffers = new ByteBuffer[inputs.size()];
    for (int i = 0; i < inputBuffers.length; i++) {
      inputBuffers[i] = direct((int) Math.max(0, inputs.get(i).bytes()));
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<TensorSpec> inputs() {
    return inputs;
  }

  @Override
  public List<TensorSpec> outputs() {
    return outputs;
  }

  @Override
  public ByteBuffer input(int index) {
    return inputBuffers[index].duplicate().order(ByteOrder.nativeOrder());
  }

  @Override
  public void setStrings(int index, ByteBuffer packed) {
    inputBuffers[index] = direct(packed.remaining()).put(packed.duplicate()).flip();
  }

  @Override
  public void invoke() {
    host.request(
        out -> {
          out.writeInt(PeerProcess.RUN);
          for (ByteBuffer input : inputBuffers) {
            PeerProcess.write(out, input);
          }
        },
        in -> {
          outputs = readSpecs(in);
          outputBuffers = new ByteBuffer[outputs.size()];
          for (int i = 0; i < outputBuffers.length; i++) {
            byte[] bytes = in.readNBytes(in.readInt());
            outputBuffers[i] =
                direct(bytes.length).put(bytes).flip().order(ByteOrder.nativeOrder());
          }
        });
  }

  @Override
  public ByteBuffer output(int index) {
    return outputBuffers[index].duplicate().order(ByteOrder.nativeOrder());
  }

  @Override
  public void resetVariables() {
    host.request(out -> out.writeInt(PeerProcess.RESET), in -> {});
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      host.release();
    }
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  private static List<TensorSpec> readSpecs(DataInputStream in) throws IOException {
    List<TensorSpec> specs = new ArrayList<>();
    for (int n = in.readInt(); n > 0; n--) {
      String name = in.readUTF();
      ElementType type = ElementType.valueOf(in.readUTF());
      Shape shape = PeerProcess.readShape(in);
      specs.add(new TensorSpec(name, type, shape, in.readFloat(), in.readInt()));
    }
    return specs;
  }

  private interface Writing {
    void to(DataOutputStream out) throws IOException;
  }

  private interface Reading {
    void from(DataInputStream in) throws IOException;
  }

  /** The process; started at the first model and again after it died. Holds one model at a time. */
  public static final class Host implements AutoCloseable {
    private Process process;
    private DataInputStream in;
    private DataOutputStream out;
    private ErrorTail errors;

    /**
     * Loads a model.
     *
     * @param file the contents of a .tflite file
     * @param kernels which kernels to use
     * @param threads threads to run on
     * @param shapes shapes of the inputs; empty for those of the file
     * @return the peer; to be closed before the next one is opened
     * @throws PeerException if TFLite refuses the model or dies of it
     */
    public GuardedPeer open(
        byte[] file, TflitePeer.Kernels kernels, int threads, List<Shape> shapes) {
      GuardedPeer[] peer = new GuardedPeer[1];
      request(
          to -> {
            to.writeInt(PeerProcess.OPEN);
            to.writeInt(file.length);
            to.write(file);
            to.writeUTF(kernels.name());
            to.writeInt(threads);
            to.writeInt(shapes.size());
            for (Shape s : shapes) {
              PeerProcess.writeShape(to, s);
            }
          },
          from ->
              peer[0] =
                  new GuardedPeer(
                      this, "TFLite (" + kernels + ")", readSpecs(from), readSpecs(from)));
      return peer[0];
    }

    private void request(Writing question, Reading answer) {
      try {
        start();
        errors.clear();
        question.to(out);
        out.flush();
        if (in.readInt() == PeerProcess.REFUSED) {
          String message = in.readUTF();
          throw new PeerException(
              message.endsWith(TflitePeer.ON_STDERR) ? message + ": " + errors.text() : message);
        }
        answer.from(in);
      } catch (IOException e) {
        throw new PeerException(died(), false, e);
      }
    }

    private String died() {
      String words = errors.text();
      int status = -1;
      try {
        if (process.waitFor(5, TimeUnit.SECONDS)) {
          status = process.exitValue();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      end();
      return "TFLite ended its process (exit status "
          + status
          + ")"
          + (words.isEmpty() ? "" : ": " + words);
    }

    private void start() throws IOException {
      if (process != null && process.isAlive()) {
        return;
      }
      Process started =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xss4m",
                  "-XX:+UseSerialGC",
                  "-XX:-CreateCoredumpOnCrash",
                  "-XX:ErrorFile=/dev/null",
                  "-cp",
                  System.getProperty("java.class.path"),
                  PeerProcess.class.getName())
              .start();
      process = started;
      in = new DataInputStream(new BufferedInputStream(started.getInputStream(), 1 << 16));
      out = new DataOutputStream(new BufferedOutputStream(started.getOutputStream(), 1 << 16));
      errors = new ErrorTail(started.getErrorStream());
      errors.start();
    }

    private void release() {
      if (process != null && process.isAlive()) {
        try {
          request(to -> to.writeInt(PeerProcess.CLOSE), from -> {});
        } catch (PeerException e) {
          end();
        }
      }
    }

    private void end() {
      if (process != null) {
        process.destroyForcibly();
        process = null;
      }
    }

    @Override
    public void close() {
      end();
    }
  }

  /** Keeps the last words of the child. */
  private static final class ErrorTail extends Thread {
    private static final int KEPT = 4096;

    private final InputStream stream;
    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();

    ErrorTail(InputStream stream) {
      super("tflite-stderr");
      this.stream = stream;
      setDaemon(true);
    }

    @Override
    public void run() {
      byte[] buffer = new byte[1024];
      try {
        for (int n = stream.read(buffer); n >= 0; n = stream.read(buffer)) {
          synchronized (kept) {
            if (kept.size() < KEPT) {
              kept.write(buffer, 0, n);
            }
          }
        }
      } catch (IOException e) {
        // The child is gone; what was kept stands.
      }
    }

    void clear() {
      synchronized (kept) {
        kept.reset();
      }
    }

    String text() {
      synchronized (kept) {
        String all = kept.toString(StandardCharsets.UTF_8);
        // The banner of a JVM that was struck by a signal says nothing about the model.
        return all.lines()
            .filter(
                line ->
                    !line.startsWith("#")
                        && !line.startsWith("INFO:")
                        && !line.startsWith("WARNING"))
            .reduce("", (a, b) -> a.isEmpty() ? b : a + " " + b)
            .trim();
      }
    }
  }
}
