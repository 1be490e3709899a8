package kyso.interop;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** {@code java -jar interop.jar}: one {@link Question} a line in, one {@link Opinion} a line out, in JSON. */
public final class Main {

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        var examiner = new Examiner(Policy.ofOurs());
        var json = new ObjectMapper();
        var answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        var questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            Question question = json.readValue(line, Question.class);
            answers.println(json.writeValueAsString(examiner.examine(question)));
        }
    }
}
