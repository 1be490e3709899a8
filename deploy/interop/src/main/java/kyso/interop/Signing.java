package kyso.interop;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * {@code java -cp interop.jar kyso.interop.Signing}: one {@link Desk} in, then one {@link Task} a line; for each line
 * {@code {"problem": …}} out, where null means that it is done.
 */
public final class Signing {

    private Signing() {}

    public static void main(String[] arguments) throws IOException {
        var json = new ObjectMapper();
        var answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        Signer signer = null;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String problem = null;
            try {
                if (signer == null) {
                    signer = new Signer(json.readValue(line, Desk.class));
                } else {
                    signer.sign(json.readValue(line, Task.class));
                }
            } catch (RuntimeException error) {
                problem = String.valueOf(error.getMessage());
            }
            answers.println("{\"problem\":" + json.writeValueAsString(problem) + "}");
        }
    }
}
