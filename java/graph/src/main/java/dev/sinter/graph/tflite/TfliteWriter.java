// Writes graphs as TFLite files, losing nothing that was not asked for.
// SPDX-License-Identifier: Apache-2.0

package dev.sinter.graph.tflite;

import dev.sinter.graph.Graph;
import dev.sinter.graph.GraphException;
import dev.sinter.graph.Storage;
import dev.sinter.graph.flatbuffer.FlatTable;
import dev.sinter.graph.flatbuffer.FlatVector;
import dev.sinter.graph.flatbuffer.FlatWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Writes TFLite files. A graph that was read and not changed is written with the bytes it was read
 * from; any other is encoded anew, with the tables of its file wherever nothing changed. Files are
 * replaced atomically.
 */
public final class TfliteWriter {
  /** Above this, constants are put behind the flatbuffer, which cannot be larger than 2 GB. */
  private static final long MAX_INSIDE = 1_900_000_000L;

  private static final int ALIGNMENT = 16;

  private TfliteWriter() {}

  /**
   * Writes a graph to a file.
   *
   * @param graph the graph
   * @param path the file; replaced as a whole or not at all
   * @throws GraphException if the graph cannot be said in TFLite, or the file cannot be written
   */
  public static void write(Graph graph, Path path) {
    replace(path, pieces(graph));
  }

  /**
   * Writes a graph to memory.
   *
   * @param graph the graph
   * @return the bytes
   * @throws GraphException if the graph cannot be said in TFLite, or is larger than an array can be
   */
  public static byte[] toBytes(Graph graph) {
    return join(graph, pieces(graph));
  }

  /**
   * Encodes a graph anew, even if it was not changed, and writes it to a file.
   *
   * @param graph the graph
   * @param path the file; replaced as a whole or not at all
   * @throws GraphException if the graph cannot be said in TFLite, or the file cannot be written
   */
  public static void writeCanonical(Graph graph, Path path) {
    replace(path, encode(graph));
  }

  /**
   * Encodes a graph anew, even if it was not changed.
   *
   * @param graph the graph
   * @return the bytes
   * @throws GraphException if the graph cannot be said in TFLite, or is larger than an array can be
   */
  public static byte[] toCanonicalBytes(Graph graph) {
    return join(graph, encode(graph));
  }

  @SuppressWarnings("ReferenceEquality") // an equal graph may stand for other bytes
  private static List<ByteBuffer> pieces(Graph graph) {
    if (graph.source() instanceof TfliteSource.File) {
      TfliteSource.File file = (TfliteSource.File) graph.source();
      if (file.pristine == graph && file.original != null) {
        return List.of(file.original.duplicate());
      }
    }
    return encode(graph);
  }

  private static List<ByteBuffer> encode(Graph graph) {
    IdentityHashMap<Storage, Boolean> all = new IdentityHashMap<>();
    graph.subgraphs().forEach(s -> s.tensors().forEach(t -> all.put(t.storage(), true)));
    graph.metadata().forEach(m -> all.put(m.storage(), true));
    long constants = all.keySet().stream().mapToLong(Storage::size).sum();
    return encode(graph, constants > MAX_INSIDE);
  }

  /** Encodes, with all constants behind the flatbuffer if asked to. */
  static List<ByteBuffer> encode(Graph graph, boolean allOutside) {
    ModelEncoder encoder = new ModelEncoder(graph, allOutside);
    FlatTable model = encoder.encode();
    Places places = new Places(encoder);
    List<ByteBuffer> out = flat(graph, model, places);
    if (!places.isEmpty()) {
      // Where things lie behind the flatbuffer depends on its length, but not the other way round.
      places.assign(size(out));
      out = flat(graph, model, places);
      out.addAll(places.pieces(size(out)));
    }
    if (graph.source() instanceof TfliteSource.File) {
      TfliteSource.File file = (TfliteSource.File) graph.source();
      if (file.trailing != null && !isZero(file.trailing)) {
        long end = size(out);
        int pad = (int) (-end & ALIGNMENT - 1);
        out.add(ByteBuffer.allocate(pad));
        out.add(ZipTail.relocate(file.trailing, file.trailingOffset, end + pad, graph.name()));
      }
    }
    return out;
  }

  private static List<ByteBuffer> flat(Graph graph, FlatTable model, Places places) {
    List<FlatTable> buffers = places.buffers();
    FlatWriter writer = new FlatWriter(graph.name());
    for (int i = buffers.size() - 1; i >= 0; i--) {
      FlatVector data = buffers.get(i).vector("data");
      if (data != null && data.count() > 0) {
        writer.putLast(data);
      }
    }
    FlatTable m = places.operators(model);
    return new ArrayList<>(
        writer.finish(m.withTables("buffers", buffers), TfliteTables.IDENTIFIER));
  }

  /** What lies behind the flatbuffer, and where. */
  private static final class Places {
    private final ModelEncoder encoder;
    private final IdentityHashMap<Storage, Long> offsets = new IdentityHashMap<>();
    private final List<Storage> order = new ArrayList<>();

    Places(ModelEncoder encoder) {
      this.encoder = encoder;
      for (Storage s : encoder.outside) {
        add(s);
      }
      encoder.largeOrder.forEach(this::add);
    }

    private void add(Storage s) {
      // Each its own place from the start, since equal tables are written once.
      if (s != null && offsets.putIfAbsent(s, 2L + order.size()) == null) {
        order.add(s);
      }
    }

    boolean isEmpty() {
      return order.isEmpty();
    }

    void assign(long start) {
      long at = start;
      for (Storage s : order) {
        at = at + ALIGNMENT - 1 & -ALIGNMENT;
        offsets.put(s, at);
        at += Math.max(1, s.size());
      }
    }

    List<ByteBuffer> pieces(long start) {
      List<ByteBuffer> out = new ArrayList<>();
      long at = start;
      for (Storage s : order) {
        out.add(ByteBuffer.allocate((int) (offsets.get(s) - at)));
        out.add(s.bytes());
        at = offsets.get(s) + s.size();
      }
      return out;
    }

    List<FlatTable> buffers() {
      List<FlatTable> out = new ArrayList<>(encoder.buffers);
      for (int i = 0; i < out.size(); i++) {
        Storage s = encoder.outside.get(i);
        if (s != null) {
          out.set(i, out.get(i).with("offset", offsets.get(s)).with("size", (long) s.size()));
        }
      }
      return out;
    }

    FlatTable operators(FlatTable model) {
      if (encoder.largeOptions.isEmpty()) {
        return model;
      }
      List<FlatTable> subgraphs = new ArrayList<>();
      for (FlatTable g : model.tables("subgraphs")) {
        List<FlatTable> ops = new ArrayList<>();
        for (FlatTable o : g.tables("operators")) {
          Storage s = encoder.largeOptions.get(o);
          ops.add(
              s == null
                  ? o
                  : o.with("large_custom_options_offset", offsets.get(s))
                      .with("large_custom_options_size", (long) s.size()));
        }
        subgraphs.add(g.with("operators", ops));
      }
      return model.with("subgraphs", subgraphs);
    }
  }

  private static long size(List<ByteBuffer> pieces) {
    return pieces.stream().mapToLong(ByteBuffer::remaining).sum();
  }

  private static boolean isZero(ByteBuffer b) {
    for (int i = 0; i < b.remaining(); i++) {
      if (b.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static byte[] join(Graph graph, List<ByteBuffer> pieces) {
    long size = size(pieces);
    if (size > FileBytes.MAX_BUFFER) {
      throw new GraphException(
          graph.name() + ": " + size + " bytes do not fit into an array; write to a file");
    }
    ByteBuffer out = ByteBuffer.allocate((int) size);
    pieces.forEach(p -> out.put(p.duplicate()));
    return out.array();
  }

  private static void replace(Path path, List<ByteBuffer> pieces) {
    Path temporary = null;
    try {
      Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
      temporary =
          target.resolveSibling(
              "."
                  + target.getFileName()
                  + "."
                  + Long.toHexString(ThreadLocalRandom.current().nextLong())
                  + ".tmp");
      try (FileChannel out =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        for (ByteBuffer p : pieces) {
          ByteBuffer rest = p.duplicate();
          while (rest.hasRemaining()) {
            out.write(rest);
          }
        }
        out.force(true);
      }
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      syncFolder(target.getParent());
    } catch (IOException e) {
      throw new GraphException(
          path + ": cannot be written (" + e + "); the old file, if any, is as it was", e);
    } finally {
      if (temporary != null) {
        try {
          Files.deleteIfExists(temporary);
        } catch (IOException e) {
          // What matters has been said already, or the rename took the file away.
        }
      }
    }
  }

  /** Makes the rename last through a power cut, where the system lets a folder be synced. */
  private static void syncFolder(Path folder) {
    try (FileChannel c = FileChannel.open(folder, StandardOpenOption.READ)) {
      c.force(true);
    } catch (IOException e) {
      // Windows cannot open folders; its rename is durable enough.
    }
  }
}
