package kyso.interop;

import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;

/** A folder of trust anchors. */
final class Anchors {

    private static final Set<String> ENDINGS = Set.of("pem", "crt", "cer", "der");

    private Anchors() {}

    /** Every certificate in the folder and in those below it, for signatures and time alike: DSS knows one set. */
    static CommonTrustedCertificateSource in(Path folder) throws IOException {
        var anchors = new CommonTrustedCertificateSource();
        try (Stream<Path> paths = Files.walk(folder)) {
            paths.filter(Anchors::mayBeOne)
                    .sorted()
                    .map(path -> DSSUtils.loadCertificate(path.toFile()))
                    .forEach(anchors::addCertificate);
        }
        return anchors;
    }

    private static boolean mayBeOne(Path path) {
        String name = path.getFileName().toString();
        return Files.isRegularFile(path) && ENDINGS.contains(name.substring(name.lastIndexOf('.') + 1));
    }
}
