// SPDX-License-Identifier: Apache-2.0
package dev.sinter.natives;

import dev.sinter.natives.jni.SinterLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.bytedeco.javacpp.Loader;

/**
 * Loads Sinter's native library, with an error that says what was tried.
 *
 * <p>Order: the file named by the system property {@value #PATH_PROPERTY}, if set, and nothing
 * else; otherwise the copy in the {@code sinter-native} jar with this platform's classifier,
 * unpacked by JavaCPP into its cache. Jar and library must come from one build.
 */
public final class NativeLoader {
  /** System property: absolute path of the library to use instead of the one in the jar. */
  public static final String PATH_PROPERTY = "sinter.library.path";

  private static final String LIBRARY = "libjnisinter.so";

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
    if (failure == null) {
      try {
        loadNow();
        checkBuildId();
        loaded = true;
        return;
      } catch (NativeLoadException e) {
        failure = e.getMessage();
        throw e;
      } catch (LinkageError | RuntimeException e) {
        failure = describe(e);
        throw new NativeLoadException(failure, e);
      }
    }
    throw new NativeLoadException(failure, null);
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
      Path path = Path.of(override);
      if (!path.isAbsolute() || !Files.isReadable(path)) {
        throw new NativeLoadException(
            PATH_PROPERTY + "=" + override + ": not the absolute path of a readable file", null);
      }
      try {
        System.load(override);
      } catch (UnsatisfiedLinkError e) {
        throw new NativeLoadException(
            PATH_PROPERTY + "=" + override + ": cannot be loaded: " + e.getMessage(), e);
      }
    } else if (resource() == null) {
      throw new NativeLoadException(
          "no native library for "
              + platform()
              + " on the class path (looked for "
              + resourceName()
              + "); add the dependency dev.sinter:sinter-native with the classifier "
              + platform(),
          null);
    }
    SinterLibrary.sinter_cores(); // runs the binding's own initializer
  }

  private static String resourceName() {
    return "dev/sinter/natives/jni/" + platform() + "/" + LIBRARY;
  }

  private static URL resource() {
    return NativeLoader.class.getClassLoader().getResource(resourceName());
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
              + "; use files of one release",
          null);
    }
  }

  /** The build id written into this jar. */
  static String expectedBuildId() {
    Properties properties = new Properties();
    try (InputStream in =
        NativeLoader.class.getResourceAsStream("/dev/sinter/natives/sinter_build_id.properties")) {
      if (in == null) {
        throw new NativeLoadException("sinter_build_id.properties is missing from the jar", null);
      }
      properties.load(in);
    } catch (IOException e) {
      throw new NativeLoadException("sinter_build_id.properties cannot be read", e);
    }
    return properties.getProperty("buildId", "unknown");
  }

  private static String describe(Throwable e) {
    StringBuilder text =
        new StringBuilder("the native library for ").append(platform()).append(" cannot be loaded");
    for (Throwable t = e; t != null; t = t.getCause()) {
      text.append("; ").append(t.getClass().getSimpleName()).append(": ").append(t.getMessage());
    }
    text.append("; unpacked from ").append(resource()).append(" into JavaCPP's cache");
    String cache = System.getProperty("org.bytedeco.javacpp.cachedir");
    text.append(cache == null ? " (~/.javacpp/cache)" : " (" + cache + ")");
    text.append("; if that folder is mounted noexec or read-only, set");
    text.append(" -Dorg.bytedeco.javacpp.cachedir to another one, or ").append(PATH_PROPERTY);
    return text.toString();
  }
}
