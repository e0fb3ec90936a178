// Cuts the ops of a model out one by one and compares each alone, on the values it gets within the
// model.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.cli.compare;

import dev.sinter.cli.peer.Peer;
import dev.sinter.cli.peer.PeerException;
import dev.sinter.cli.peer.PeerFactory;
import dev.sinter.graph.ElementType;
import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphEditor;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Op;
import dev.sinter.graph.Shape;
import dev.sinter.graph.Subgraph;
import dev.sinter.graph.Tensor;
import dev.sinter.graph.tflite.TfliteOps;
import dev.sinter.graph.tflite.TfliteReader;
import dev.sinter.graph.tflite.TfliteWriter;
import dev.sinter.optimizer.data.InputShapes;
import dev.sinter.optimizer.data.InputSlots;
import dev.sinter.optimizer.data.InputSource;
import dev.sinter.optimizer.data.MisfitException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Compares op by op. The inputs of an op are those that the reference computes when it runs the
 * whole model with every value the ops take as an output; where it refuses that, they are random.
 */
public final class OpVerifier {
  /** What may be kept of the values within the model; runs beyond it are left out. */
  private static final long MAX_BYTES = 256L << 20;

  private static final Set<String> STATEFUL =
      Set.of("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE");

  private final Verifier verifier;
  private final PeerFactory reference;
  private final InputSource inputs;
  private final InputSource random;

  /**
   * Makes a verifier of ops.
   *
   * @param verifier compares the cut out ops
   * @param reference the runtime that is right
   * @param inputs what the whole model is run on
   * @param random what ops are run on where the whole model does not run
   */
  public OpVerifier(
      Verifier verifier, PeerFactory reference, InputSource inputs, InputSource random) {
    this.verifier = verifier;
    this.reference = reference;
    this.inputs = inputs;
    this.random = random;
  }

  /**
   * What became of a model.
   *
   * @param note how the ops were fed, or why they could not be
   * @param ops the ops of the main subgraph in order
   */
  public record Result(String note, List<OpVerdict> ops) {
    /**
     * Keeps an immutable copy of the ops.
     *
     * @param note how the ops were fed, or why they could not be
     * @param ops the ops of the main subgraph in order
     */
    public Result {
      ops = List.copyOf(ops);
    }
  }

  /**
   * Compares the ops of one model.
   *
   * @param name what to call it
   * @param file the contents of its file
   * @param listener hears each op's verdict as soon as it is known
   * @return what was found
   * @throws GraphException if the file cannot be read
   * @throws MisfitException if the inputs do not fit the model
   */
  public Result verify(String name, byte[] file, Consumer<OpVerdict> listener) {
    Graph graph = named(TfliteReader.read(file));
    Subgraph main = graph.main();
    List<Part> parts = new ArrayList<>();
    Set<Integer> wanted = new LinkedHashSet<>();
    for (int i = 0; i < main.ops().size(); i++) {
      Part part = part(main, i);
      parts.add(part);
      wanted.addAll(part.inputs);
    }
    Values values = new Values();
    String note = values.gather(name, graph, List.copyOf(wanted));
    List<OpVerdict> verdicts = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      OpVerdict v = one(name, graph, i, parts.get(i), values);
      listener.accept(v);
      verdicts.add(v);
    }
    int inner = graph.subgraphs().stream().skip(1).mapToInt(s -> s.ops().size()).sum();
    if (inner > 0) {
      note +=
          "; the " + inner + " ops of other subgraphs are not cut out (--signature starts there)";
    }
    return new Result(note, verdicts);
  }

  /** What an op is cut out with: the values it takes that are no constants; or why it is not. */
  private record Part(List<Integer> inputs, String reason) {}

  private static Part part(Subgraph main, int index) {
    Op op = main.ops().get(index);
    if (STATEFUL.contains(op.kind().label())) {
      return new Part(List.of(), "it works on a variable, which other ops read or write");
    }
    if (op.outputs().isEmpty()) {
      return new Part(List.of(), "it has no output to compare");
    }
    Set<Integer> inputs = new LinkedHashSet<>();
    for (int t : op.inputs()) {
      if (t < 0 || main.tensor(t).isVariable() || main.isConstant(t)) {
        continue; // constants, and the ops that unpack them, are cut out with it
      }
      if (!isNumber(main.tensor(t).type())) {
        return new Part(List.of(), "its input " + main.tensor(t) + " cannot be handed over");
      }
      inputs.add(t);
    }
    if (inputs.isEmpty() && !op.inputs().isEmpty()) {
      return new Part(List.of(), "all it takes is constant; it is cut out with what reads it");
    }
    for (int t : op.outputs()) {
      if (t >= 0 && !isNumber(main.tensor(t).type())) {
        return new Part(List.of(), "its output " + main.tensor(t) + " cannot be handed over");
      }
    }
    return new Part(List.copyOf(inputs), "");
  }

  private static boolean isNumber(ElementType type) {
    return switch (type) {
      case STRING, RESOURCE, VARIANT, COMPLEX64, COMPLEX128 -> false;
      default -> true;
    };
  }

  /** The graph with names that no two tensors of the main subgraph share: cuts go by name. */
  private static Graph named(Graph graph) {
    GraphEditor e = graph.edit();
    Set<String> seen = new HashSet<>();
    boolean changed = false;
    for (int i = 0; i < graph.tensors().size(); i++) {
      String name = graph.tensor(i).name();
      if (name.isEmpty() || !seen.add(name)) {
        String other = name + "#" + i;
        while (!seen.add(other)) {
          other += "'";
        }
        e.rename(i, other);
        changed = true;
      }
    }
    return changed ? e.build() : graph;
  }

  private OpVerdict one(String model, Graph graph, int index, Part part, Values values) {
    Subgraph main = graph.main();
    Op op = main.ops().get(index);
    List<String> outputs =
        op.outputs().stream().filter(t -> t >= 0).map(t -> main.tensor(t).name()).toList();
    String kind = TfliteOps.name(op.kind());
    String output = outputs.isEmpty() ? "" : outputs.get(0);
    String types = types(main, op);
    if (!part.reason.isEmpty()) {
      return new OpVerdict(index, kind, output, types, null, part.reason);
    }
    byte[] file;
    Graph cut;
    try {
      List<String> names = part.inputs.stream().map(t -> main.tensor(t).name()).toList();
      cut = values.fixShapes(graph.cut(names, outputs).withMetadata(List.of()), part.inputs);
      file = TfliteWriter.toBytes(cut);
    } catch (GraphException e) {
      return new OpVerdict(index, kind, output, types, null, e.getMessage());
    }
    InputSource source = values.source(part.inputs);
    try {
      Verdict v =
          verifier.verify(model, file, InputShapes.of(cut), source == null ? random : source);
      return new OpVerdict(index, kind, output, types, v, "");
    } catch (MisfitException e) {
      return new OpVerdict(index, kind, output, types, null, e.getMessage());
    }
  }

  private static String types(Subgraph main, Op op) {
    List<String> in = new ArrayList<>();
    for (int t : op.inputs()) {
      in.add(t < 0 ? "-" : type(main.tensor(t)));
    }
    List<String> out = new ArrayList<>();
    for (int t : op.outputs()) {
      out.add(t < 0 ? "-" : type(main.tensor(t)));
    }
    return String.join(" ", in) + " -> " + String.join(" ", out);
  }

  private static String type(Tensor t) {
    return t.type().name().toLowerCase(Locale.ROOT);
  }

  /** The values within a model, run by run. */
  private final class Values {
    private final Map<Integer, List<byte[]>> bytes = new HashMap<>();
    private final Map<Integer, Shape> shapes = new HashMap<>();
    private int runs;

    /** Runs the whole model; returns how it went. */
    private String gather(String name, Graph graph, List<Integer> wanted) {
      if (wanted.isEmpty()) {
        return "no op takes a value";
      }
      List<Integer> inner = new ArrayList<>(wanted);
      inner.removeAll(graph.inputs());
      try {
        // With the outputs it had, so that what they need runs as it does in the whole model.
        Graph open = graph;
        if (!inner.isEmpty()) {
          Set<Integer> all = new LinkedHashSet<>(inner);
          all.addAll(graph.outputs());
          open = graph.withOutputs(all.stream().map(t -> graph.tensor(t).name()).toList());
        }
        byte[] file = TfliteWriter.toBytes(open);
        try (Peer peer = reference.open(name, file, InputShapes.of(open))) {
          InputSource.Feed feed = inputs.open(open);
          long size = 0;
          for (int n = 0; n < feed.runs() && size * (n + 1) <= Math.max(size, MAX_BYTES); n++) {
            feed.fill(n, peer);
            for (int i = 0; i < graph.inputs().size(); i++) {
              if (!isNumber(peer.inputs().get(i).type())) {
                continue; // no op that takes it is cut out
              }
              keep(graph.inputs().get(i), peer.inputs().get(i).shape(), peer.input(i).clear());
            }
            peer.invoke();
            boolean same = true;
            for (int i = 0; i < inner.size(); i++) {
              same &= keep(inner.get(i), peer.outputs().get(i).shape(), peer.output(i));
            }
            if (!same) {
              break; // shapes depend on the values; those of the first runs do
            }
            runs = n + 1;
            size = bytes.values().stream().mapToLong(l -> l.get(0).length).sum();
          }
          if (runs < feed.runs()) {
            return "on the values of " + runs + " of " + feed.runs() + " runs of the whole model";
          }
          return "on the values of " + runs + " runs of the whole model";
        }
      } catch (PeerException | GraphException | IllegalArgumentException e) {
        runs = 0;
        return "on random values, since the whole model does not give them: " + e.getMessage();
      }
    }

    private boolean keep(int tensor, Shape shape, ByteBuffer values) {
      Shape before = shapes.putIfAbsent(tensor, shape);
      if (before != null && !before.equals(shape)) {
        return false;
      }
      byte[] copy = new byte[values.remaining()];
      values.duplicate().get(copy);
      bytes.computeIfAbsent(tensor, k -> new ArrayList<>()).add(copy);
      return true;
    }

    /** The cut out op with the shapes that its inputs have in the whole model, where known. */
    private Graph fixShapes(Graph cut, List<Integer> tensors) {
      if (runs == 0) {
        return cut;
      }
      GraphEditor e = cut.edit();
      for (int i = 0; i < tensors.size(); i++) {
        int t = cut.inputs().get(i);
        e.replaceTensor(t, cut.tensor(t).withShape(shapes.get(tensors.get(i))));
      }
      return e.build();
    }

    /** Those values as inputs; null if there are none. */
    private InputSource source(List<Integer> tensors) {
      if (runs == 0) {
        return null;
      }
      return graph ->
          new InputSource.Feed() {
            @Override
            public int runs() {
              return tensors.isEmpty() ? 1 : runs;
            }

            @Override
            public void fill(int run, InputSlots... all) {
              for (int i = 0; i < tensors.size(); i++) {
                put(i, bytes.get(tensors.get(i)).get(run), all[0]);
                InputSource.copy(i, all);
              }
            }
          };
    }

    private static void put(int input, byte[] values, InputSlots slots) {
      ByteBuffer to = slots.input(input).clear();
      if (to.remaining() != values.length) {
        throw new MisfitException(
            "input "
                + slots.inputs().get(input)
                + " takes "
                + to.remaining()
                + " bytes, in the whole model it has "
                + values.length,
            null);
      }
      to.put(values);
    }
  }
}
