import ai.onnxruntime.*;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * What ONNX Runtime for Java makes of a converted file, beside the map that `fullgrad explain` wrote.
 *
 * <pre>java -cp onnxruntime.jar converters/Witness.java model.fullgrad.onnx x.npy map.npy</pre>
 *
 * The difference is max |a - b| / max |b|.
 */
public class Witness {
  record Npy(long[] dims, float[] data) {}

  /** A little-endian float32 .npy file of version 1. */
  static Npy read(String path) throws Exception {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(Path.of(path))).order(ByteOrder.LITTLE_ENDIAN);
    int start = 10 + (bytes.getShort(8) & 0xffff);
    String header = new String(bytes.array(), 10, start - 10);
    String shape = header.substring(header.indexOf('(') + 1, header.indexOf(')'));
    long[] dims = Arrays.stream(shape.split(",")).filter(d -> !d.isBlank()).mapToLong(d -> Long.parseLong(d.trim())).toArray();
    FloatBuffer floats = bytes.position(start).slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] data = new float[floats.remaining()];
    floats.get(data);
    return new Npy(dims, data);
  }

  public static void main(String[] paths) throws Exception {
    Npy x = read(paths[1]);
    float[] expected = read(paths[2]).data();
    OrtEnvironment environment = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
    try (OrtSession session = environment.createSession(paths[0]);
        OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(x.data()), x.dims());
        OrtSession.Result result = session.run(Map.of(session.getInputNames().iterator().next(), input))) {
      float[][] map = ((float[][][][]) result.get("saliency").get().getValue())[0][0];
      float[] completeness = ((float[][]) result.get("completeness").get().getValue())[0];
      long target = ((long[]) result.get("target").get().getValue())[0];
      double difference = 0;
      double size = 0;
      for (int i = 0; i < expected.length; i++) {
        difference = Math.max(difference, Math.abs(map[i / map[0].length][i % map[0].length] - expected[i]));
        size = Math.max(size, Math.abs(expected[i]));
      }
      System.out.printf("%s, Java %s: map %.1e, remainder %.1e of %.4g, target %d%n",
          Path.of(paths[0]).getFileName(), environment.getVersion(), difference / size, completeness[2], completeness[0], target);
    }
  }
}
