// Finds, unpacks and loads the native library, and says what was tried when that fails.
// SPDX-License-Identifier: Apache-2.0
package dev.sinter.natives;

import dev.sinter.natives.jni.SinterLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.jar.JarEntry;
import org.bytedeco.javacpp.Loader;

/**
 * Loads Sinter's native library, with an error that says what was tried.
 *
 * <p>Order: the file named by the system property {@value #PATH_PROPERTY}, if set, and nothing
 * else; otherwise the copy in the {@code sinter-native} jar with this platform's classifier. That
 * copy is unpacked once per build into JavaCPP's cache folder ({@code ~/.javacpp/cache}, or the
 * system property {@code org.bytedeco.javacpp.cachedir}), or below {@code java.io.tmpdir} where
 * that one forbids it. Jar and library must come from one build.
 *
 * <p>Call {@link #load()} before anything of {@code dev.sinter.natives.jni}.
 */
public final class NativeLoader {
  /** System property: absolute path of the library to use instead of the one in the jar. */
  public static final String PATH_PROPERTY = "sinter.library.path";

  private static final String NAME = "jnisinter";
  private static final String FILE = "lib" + NAME + ".so";

  // The outcome of the first attempt; later calls repeat it. A static initializer that throws would
  // leave every later caller with a NoClassDefFoundError that no longer names the cause.
  private static boolean loaded;
  private static String failure;

  private NativeLoader() {}

  /**
   * Loads the library once.
   *
   * @throws NativeLoadException when it cannot be loaded; every call says the same
   */
  public static synchronized void load() {
    if (loaded) {
      return;
    }
    if (failure != null) {
      throw new NativeLoadException(failure);
    }
    try {
      loadNow();
      checkBuildId();
      loaded = true;
    } catch (NativeLoadException e) {
      failure = e.getMessage();
      throw e;
    } catch (LinkageError | RuntimeException e) {
      failure = "the native library for " + platform() + " cannot be used: " + e;
      throw new NativeLoadException(failure, e);
    }
  }

  /**
   * {@return the platform of this JVM as classifiers write it, for example {@code linux-x86_64}}
   */
  public static String platform() {
    return Loader.Detector.getPlatform();
  }

  private static void loadNow() {
    String override = System.getProperty(PATH_PROPERTY);
    if (override != null && !override.isEmpty()) {
      Path file = Path.of(override);
      if (!file.isAbsolute() || !Files.isReadable(file)) {
        throw new NativeLoadException(
            PATH_PROPERTY + "=" + override + ": not the absolute path of a readable file");
      }
      try {
        loadFile(file);
      } catch (UnsatisfiedLinkError e) {
        throw new NativeLoadException(
            PATH_PROPERTY + "=" + override + ": cannot be loaded: " + e.getMessage(), e);
      }
      return;
    }
    URL resource = NativeLoader.class.getClassLoader().getResource(resourceName());
    if (resource == null) {
      throw new NativeLoadException(
          "no native library for "
              + platform()
              + " on the class path (looked for "
              + resourceName()
              + "); add the dependency dev.sinter:sinter-native with the classifier "
              + platform());
    }
    List<Throwable> attempts = new ArrayList<>();
    if (resource.getProtocol().equals("file")) { // classes that are not in a jar
      if (attempt(attempts, () -> Path.of(resource.toURI()))) {
        return;
      }
    } else if (attempt(attempts, () -> unpack(resource, Loader.getCacheDir().toPath(), FILE))
        || attempt(attempts, () -> unpackTemporarily(resource, FILE))) {
      return;
    }
    throw failed(resource, attempts);
  }

  /** Gives a file that can be loaded. */
  private interface FileSource {
    Path get() throws Exception;
  }

  // Any reason why one place does not do is kept, and the next place is tried.
  @SuppressWarnings("CatchAndPrintStackTrace")
  private static boolean attempt(List<Throwable> attempts, FileSource source) {
    Path file = null;
    try {
      file = source.get();
      loadFile(file);
      return true;
    } catch (Exception | UnsatisfiedLinkError e) {
      attempts.add(new IOException(describe(file, e) + (noExec(file) ? noExecHint(file) : ""), e));
      return false;
    }
  }

  /**
   * Loads the file and makes it the one that JavaCPP's generated classes find.
   *
   * <p>The name ends in "#" so that JavaCPP does not go on to look for the library elsewhere. It
   * then does not say either why it failed, so the file is asked again.
   */
  private static void loadFile(Path file) {
    try {
      URL[] urls = {file.toUri().toURL()};
      if (Loader.loadLibrary(NativeLoader.class, urls, NAME + "#") == null) {
        System.load(file.toString());
        throw new UnsatisfiedLinkError("JavaCPP does not load libraries in this process");
      }
    } catch (IOException e) {
      throw new IllegalStateException(file + " has no URL", e);
    }
  }

  /** The library in a folder of this build's own: no build ever finds another one's file. */
  static Path unpack(URL resource, Path cache, String name) throws IOException {
    URLConnection connection = resource.openConnection();
    long size = connection.getContentLengthLong();
    String folder = expectedBuildId();
    if (connection instanceof JarURLConnection jar) {
      JarEntry entry = jar.getJarEntry();
      size = entry.getSize();
      folder += String.format(Locale.ROOT, "-%08x", entry.getCrc());
    }
    Path target = cache.resolve("sinter").resolve(folder).resolve(name);
    if (Files.isRegularFile(target) && Files.size(target) == size) {
      return target;
    }
    Files.createDirectories(target.getParent());
    // Beside the target and moved, so that another process never sees half a file.
    Path part = Files.createTempFile(target.getParent(), name, ".part");
    try (InputStream in = connection.getInputStream()) {
      Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
    return target;
  }

  /** Unpacks into a new folder that only this user can write and that goes when the JVM ends. */
  static Path unpackTemporarily(URL resource, String name) throws IOException {
    Path folder = Files.createTempDirectory("sinter");
    Path file = unpack(resource, folder, name);
    List<Path> made = new ArrayList<>();
    for (Path p = file; !p.equals(folder); p = p.getParent()) {
      made.add(0, p);
    }
    folder.toFile().deleteOnExit(); // the last one named goes first
    made.forEach(p -> p.toFile().deleteOnExit());
    return file;
  }

  private static NativeLoadException failed(URL resource, List<Throwable> attempts) {
    StringBuilder text = new StringBuilder();
    text.append("the native library for ")
        .append(platform())
        .append(" cannot be loaded from ")
        .append(resource);
    for (Throwable t : attempts) {
      text.append("; ").append(t.getMessage());
    }
    text.append("; -D").append(PATH_PROPERTY).append(" names a file to load instead");
    NativeLoadException e = new NativeLoadException(text.toString());
    attempts.forEach(e::addSuppressed);
    return e;
  }

  /** Whether files in the folder of this one may not be executed: nothing there can be loaded. */
  static boolean noExec(Path file) {
    if (file == null || !Files.exists(file) || Files.isExecutable(file)) {
      return false;
    }
    // The kernel refuses to call a file executable on a noexec mount, whatever its mode says.
    return file.toFile().setExecutable(true, true) && !Files.isExecutable(file);
  }

  static String noExecHint(Path file) {
    return " ("
        + file.getParent()
        + " is mounted noexec; -Dorg.bytedeco.javacpp.cachedir names another folder)";
  }

  private static String describe(Path file, Throwable e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    if (file == null) {
      return e.getClass().getSimpleName() + " " + message;
    }
    String name = file + ": "; // the linker says it too, more than once
    return name + message.replace(name, "");
  }

  private static String resourceName() {
    return "dev/sinter/natives/jni/" + platform() + "/" + FILE;
  }

  private static void checkBuildId() {
    String expected = expectedBuildId();
    String actual = SinterLibrary.sinter_build_id().getString();
    if (!actual.equals(expected)) {
      throw new NativeLoadException(
          "the native library is of build "
              + actual
              + ", the jar of build "
              + expected
              + "; use files of one release");
    }
  }

  /** The build id written into this jar. */
  static String expectedBuildId() {
    Properties properties = new Properties();
    try (InputStream in =
        NativeLoader.class.getResourceAsStream("/dev/sinter/natives/sinter_build_id.properties")) {
      if (in == null) {
        throw new NativeLoadException("sinter_build_id.properties is missing from the jar");
      }
      properties.load(in);
    } catch (IOException e) {
      throw new NativeLoadException("sinter_build_id.properties cannot be read", e);
    }
    return properties.getProperty("buildId", "unknown");
  }
}
