package kyso.interop;

import com.fasterxml.jackson.databind.ObjectMapper;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** {@code java -jar interop.jar TRUST FILE…}: one JSON object a line and file; TRUST is a folder of anchors. */
public final class Main {

    private static final int BAD_USAGE = 64;
    private static final Set<String> ANCHOR_ENDINGS = Set.of("pem", "crt", "cer", "der");

    private Main() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 2) {
            System.err.println("usage: java -jar interop.jar TRUST FILE…");
            System.exit(BAD_USAGE);
        }
        var examiner = new Examiner(anchors(Path.of(arguments[0])));
        var json = new ObjectMapper();
        for (String file : List.of(arguments).subList(1, arguments.length)) {
            System.out.println(json.writeValueAsString(examiner.examine(Path.of(file))));
        }
    }

    /** Every certificate in the folder and in those below it, as {@code kyso verify --trust} reads it. */
    private static CommonTrustedCertificateSource anchors(Path folder) throws IOException {
        var anchors = new CommonTrustedCertificateSource();
        try (Stream<Path> paths = Files.walk(folder)) {
            paths.filter(Main::mayBeAnchor)
                    .sorted()
                    .map(path -> DSSUtils.loadCertificate(path.toFile()))
                    .forEach(anchors::addCertificate);
        }
        return anchors;
    }

    private static boolean mayBeAnchor(Path path) {
        String name = path.getFileName().toString();
        return Files.isRegularFile(path) && ANCHOR_ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1));
    }
}
